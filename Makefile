# make run   the page on http://127.0.0.1:7860      make test   every test
# make lint  ruff, mypy                             make evals  the offline suites      make lock  new pins
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
MAKE_VENV = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
MAKE_VENV = $(PYTHON) -m venv $(VENV)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: run test lint format evals bench lock clean

run: $(VENV)/.installed
	$(BIN)/coach index
	$(BIN)/python app.py

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/coach check

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

evals: $(VENV)/.installed
	$(BIN)/python -m evals run smoke
	$(BIN)/python -m evals run grading
	$(BIN)/python -m evals run robustness
	$(BIN)/python -m evals run bilingual
	$(BIN)/python -m evals run retrieval
	$(BIN)/python -m evals run interviewer

bench: $(VENV)/.installed
	$(BIN)/python bench/startup.py
	$(BIN)/python -m bench.sessions
	$(BIN)/python -m bench.chaos

lock:
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.txt
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-dev.txt

clean:
	rm -rf $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml
	$(MAKE_VENV)
	$(INSTALL) -r requirements.txt
	$(INSTALL) --no-deps -e .
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt pyproject.toml
	$(MAKE_VENV)
	$(INSTALL) -r requirements-dev.txt
	$(INSTALL) --no-deps -e .
	touch $@ $(VENV)/.installed
