# Two commands on a fresh machine: `make demo` and `make test`. Both make their own .venv and install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Workers of the tests: one more than two cores, because much of a test is waiting for a server.
NPROC ?= 3
# Hundreds of tests start the program: without compiled files each of them would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types contracts unit soak power fuzz coverage specs bench clean format screenshots

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[server,dev]' 2>&1 | grep -v '^WARNING: Location' || true
	@$(BIN)/python -c 'import textual, starlette, pytest'
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/supportdesk demo $(ARGS)

test: $(STAMP) lint contracts
	@$(MAKE) --no-print-directory -j2 types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/python -m pytest -n $(NPROC) --dist loadgroup

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py $(ARGS)

soak: $(STAMP)
	$(BIN)/python -m tests.chaos.run $(ARGS)

# Needs strace. Where states are built on a disk, not in memory (/dev/shm), it takes much longer.
power: $(STAMP)
	$(BIN)/python -m tests.power.run $(ARGS)

fuzz: $(STAMP)
	$(BIN)/python -m tests.tools.fuzz_text $(ARGS)

# Branches of text, sync and the HTTP client that no test of theirs takes; what is measured stands in pyproject.toml.
coverage: $(STAMP)
	$(BIN)/python -m coverage run -m pytest $(COVERED) -p no:xdist -q
	$(BIN)/python -m coverage report --show-missing

COVERED ?= tests/unit/text tests/unit/sync tests/unit/native tests/sync tests/contract/test_faults.py \
	tests/contract/test_sockets.py tests/net tests/disk tests/desk/test_secrets.py tests/model

specs: $(STAMP)
	$(BIN)/python -m tests.specs.prism $(ARGS)

# The pictures of the README; needs rsvg-convert and the Noto CJK fonts.
screenshots: $(STAMP)
	$(BIN)/python -m tests.tools.screenshots

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache dist build
