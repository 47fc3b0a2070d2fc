# Two commands for a fresh machine with python3, pip and make:
#   make demo    allocate the example, workbook to workbook
#   make test    run every check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint types unit long slow campaign fuzz corpus bench equations schema example wheels bundle clean

demo: $(VENV)/installed
	$(BIN)/transfer-opt solve inputs/qinghai.xlsx -o outputs/qinghai_分配结果.xlsx
	@echo '在浏览器里用鼠标试（测算台）：$(BIN)/transfer-opt open inputs/qinghai.xlsx'

test: lint types
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types: $(VENV)/tested
	$(BIN)/mypy

# Everything that starts no process, follows no whole document or result, and compares no crowd of solutions.
unit: $(VENV)/tested
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not long and not system"

# What follows whole documents, scenes and crowds of results; CI runs it after `make test`.
long: $(VENV)/tested
	$(BIN)/python -m pytest -n auto --dist worksteal -m "long and not slow"

# Campaigns: ten thousand random allocations solved, rounded and proved.
slow: $(VENV)/tested
	$(BIN)/python -m pytest -m slow --timeout 0

# Twenty thousand random workbooks through the front door against an oracle of its own; stopped, it goes on where it was
# (outputs/campaign.jsonl). make campaign CAMPAIGN=2000 for fewer, START=20000 for others. A sample of it is in make test.
CAMPAIGN ?= 20000
START ?= 0
campaign: $(VENV)/tested
	$(BIN)/python -m tests.campaign.run --count $(CAMPAIGN) --start $(START) --jobs 2

# Random mutations of the example workbook against an independent reading; make fuzz FUZZ=5000 for more.
FUZZ ?= 500
fuzz: $(VENV)/tested
	FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/intake/test_mutations.py

# check, audit and round over every workbook of a folder of your own, which is only read: exits, seconds, memory, what is odd.
corpus: $(VENV)/tested
	$(BIN)/python tests/support/folder.py "$(DIR)"

# Measured against what people would use instead; the table goes to docs/benchmarks.md.
bench: $(VENV)/benched
	$(BIN)/python benchmarks/suite.py
	$(BIN)/python benchmarks/reading.py

# The generated files: the equations of the model, the JSON Schema of model files and the checksum of the shipped one, the
# example workbook.
equations: $(VENV)/installed
	$(BIN)/python -m transfer_opt.policy.equations

schema: $(VENV)/installed
	$(BIN)/python -m transfer_opt.policy.model_file.schema

example: $(VENV)/installed
	$(BIN)/python inputs/make_example.py
	$(BIN)/python inputs/make_mapping.py

# For offices without a network: dist/bundles has one zip per platform with everything inside; the sizes are printed.
bundle: $(VENV)/tested
	$(BIN)/python -m bundle.make

# After a change of the dependencies: load every wheel of every platform and write down what they are (bundle/wheels.json).
wheels: $(VENV)/tested
	$(BIN)/python -m bundle.record

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e ".[web]"
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(PIP) install -c constraints.txt -e ".[test]"
	touch $@

$(VENV)/benched: $(VENV)/installed
	$(PIP) install -c constraints.txt -e ".[bench]"
	touch $@

clean:
	rm -rf $(VENV) build dist
