"""Who may import whom; see docs/architecture.md."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS: tuple[tuple[str, ...], ...] = (
    ("coach.schema", "coach.errors", "coach"),
    ("coach.text", "coach.faults", "coach.grading.visible"),
    ("coach.grading.fold",),
    ("coach.grading.echo",),
    ("coach.settings", "coach.llm", "coach.bank.glossary", "coach.grading.score", "coach.grading.evidence"),
    ("coach.bank", "coach.grading", "coach.progress", "coach.speech"),
    ("coach.interview",),
    ("coach.wiring",),
    ("coach.cli_sessions", "coach.terminal", "coach.single"),
    ("coach.ui", "evals"),
    ("coach.cli", "app"),
)
SIDEWAYS = {
    ("coach.ui.evals", "evals"),
    ("coach.ui.evals", "evals.board"),
    ("coach.ui.evals", "evals.findings"),
    ("coach.ui.evals_views", "evals.board"),
    ("coach.ui.evals_views", "evals.findings"),
    ("coach.ui.evals_reading", "evals.board"),
    ("coach.ui.evals_reading", "evals.findings"),
}
"""The page shows what was measured, and asks two modules of the evals for it; nothing else may."""
OWNERS = {
    "chromadb": ("coach.bank.collection",),
    "langchain": ("coach.llm",),
    "langchain_core": ("coach.llm",),
    "langchain_openai": ("coach.llm",),
    "espeakng_loader": ("coach.speech.espeak",),
    "openai": ("coach.llm",),
    "httpx2": ("coach.llm",),
    "gradio": ("coach.ui",),
    "starlette": ("coach.ui.guarded", "coach.ui.kept", "coach.ui.launch", "coach.ui.speak"),
    "sqlalchemy": ("coach.progress.store", "coach.progress.migrations"),
    "alembic": ("coach.progress.migrations",),
    "psycopg": (),
    "fsrs": ("coach.progress.schedule",),
    "genanki": ("coach.progress.anki",),
    "markdown_it": ("coach.progress.anki",),
    "mammoth": ("coach.bank.convert",),
    "markdownify": ("coach.bank.convert",),
    "pptx": ("coach.bank.convert",),
    "pypdf": ("coach.bank.convert",),
    "onnxruntime": ("coach.bank.embedders",),
    "tokenizers": ("coach.bank.embedders",),
    "sentence_transformers": ("coach.bank.embedders",),
    "pypinyin": ("coach.bank.lexical", "coach.speech.heard"),
    "webrtcvad": ("coach.speech.voice_activity",),
    "faster_whisper": ("coach.speech.transcribe",),
    "huggingface_hub": ("coach.speech.transcribe",),
    "av": ("coach.speech.sound",),
    "sympy": ("coach.grading.maths", "coach.grading.formula_values"),
    "mpmath": ("coach.grading.maths", "coach.grading.formula_values"),
    "tqdm": ("coach.speech.transcribe", "evals.runs"),
    "typer": ("coach.cli", "coach.cli_sessions", "evals.__main__"),
    "platformdirs": ("coach.settings",),
    "pydantic_settings": ("coach.settings",),
}


def modules() -> dict[str, Path]:
    files = [*ROOT.glob("coach/**/*.py"), *ROOT.glob("evals/**/*.py"), ROOT / "app.py"]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow points"
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def owner(name: str, places: tuple[str, ...]) -> str | None:
    fitting = [place for place in places if name == place or (place != "coach" and name.startswith(f"{place}."))]
    return max(fitting, key=len, default=None)


ALL_PLACES = tuple(place for row in ROWS for place in row)
ROW_OF = {place: number for number, row in enumerate(ROWS) for place in row}


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_only_from_rows_above(name: str) -> None:
    mine = owner(name, ALL_PLACES)
    assert mine is not None, f"{name} has no place on the map"
    known = modules()
    for imported in imports(modules()[name]):
        target = imported if imported in known else None
        if target is None:
            continue
        place = owner(target, ALL_PLACES)
        assert place is not None
        same_part = place == mine or {place, mine} == {"coach.cli", "coach.terminal"}
        above = ROW_OF[place] < ROW_OF[mine]
        shown = (name, imported) in SIDEWAYS
        assert same_part or above or shown, f"{name} imports {target}: an arrow that points down or sideways"


@pytest.mark.parametrize("name", sorted(modules()))
def test_vendor_packages_have_one_owner(name: str) -> None:
    for imported in imports(modules()[name]):
        vendor = imported.split(".")[0]
        if vendor in OWNERS:
            assert owner(name, OWNERS[vendor]) is not None, f"{name} imports {vendor}, which {OWNERS[vendor]} owns"


def test_the_map_has_no_place_that_is_gone() -> None:
    known = modules()
    assert [place for place in ALL_PLACES if place not in known] == []
