"""The words of the evals page in both languages."""

ENGLISH: dict[str, str] = {}
CHINESE: dict[str, str] = {}
