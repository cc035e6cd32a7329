"""The words of the library page in both languages."""

ENGLISH: dict[str, str] = {}
CHINESE: dict[str, str] = {}
