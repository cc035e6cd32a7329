"""Interview coach: questions from your notes, grades you can check."""

__version__ = "0.1.0"
