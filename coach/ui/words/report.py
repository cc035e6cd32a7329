"""The words of the report page in both languages."""

ENGLISH: dict[str, str] = {}
CHINESE: dict[str, str] = {}
