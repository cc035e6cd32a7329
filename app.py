"""The page. `python app.py`, then open http://127.0.0.1:7860."""

import sys

from coach.errors import CoachError
from coach.ui.launch import launch
from coach.wiring import Coach


def main() -> None:
    """Wire the settings to the page and serve it."""
    coach = Coach()
    for problem in coach.problems:
        print(f"left out: {problem}", file=sys.stderr)
    launch(coach)


if __name__ == "__main__":
    try:
        main()
    except CoachError as error:
        sys.exit(f"coach: {error}")
