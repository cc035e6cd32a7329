"""What a session leaves in folders, removed with it."""

import shutil
from collections.abc import Sequence
from pathlib import Path


def remove_files(folder: Path, session: str, named: Sequence[str]) -> None:
    """Remove the files of a session from a folder: those that are named, and the folder of the session itself.

    Nothing outside `folder` is touched, whatever a name says.
    """
    root = folder.resolve()
    for name in named:
        path = (root / name).resolve()
        if path.is_relative_to(root) and path.is_file():
            path.unlink(missing_ok=True)
    mine = (root / session).resolve()
    if mine.parent == root and mine.is_dir():
        shutil.rmtree(mine)
