"""The words of the progress page in both languages."""

ENGLISH: dict[str, str] = {}
CHINESE: dict[str, str] = {}
