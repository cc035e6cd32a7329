"""Files of ours are replaced in one step, so that no reader meets half of one."""

import os
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Put `text` in place of the file, whose folder is made where it is missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
