"""The page. `python app.py`, then open http://127.0.0.1:7860; the same as `coach serve`."""

import sys

from coach.errors import CoachError
from coach.settings import load_settings
from coach.ui.launch import serve

if __name__ == "__main__":
    try:
        serve(load_settings())
    except CoachError as error:
        sys.exit(f"coach: {error}")
