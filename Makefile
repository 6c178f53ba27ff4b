# make demo: the platform on this machine, then a release. make test: every test. Both set up what they need.
.DEFAULT_GOAL := help
.PHONY: help setup demo test quick prove bench lint types strict imports check lock clean

# A virtual environment without bytecode caches starts two to three times slower.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CODE := appdeploy bootstrap infra sandbox tests benchmarks

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv from a lock of its own installs everything else: 10 seconds where pip needs two minutes. setuptools, which builds our
# own package, comes before it: a new environment brings an old one that cannot.
$(INSTALLED): requirements.txt requirements-setup.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked requirements into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(INSTALLED) ## The virtual environment and the Pulumi engine
	@$(BIN)/python -m sandbox.engine

demo: setup ## Bring staging up with the real engine, then release an image
	@$(BIN)/sandbox demo

# The tests in parts, each in a pytest of its own, five at once: the stories of real commands mostly wait. The longest part
# begins first; what only calculates comes last, so that both cores have work to the end. What imports the same large
# libraries shares a part. A test holds that no folder is forgotten.
UNIT := tests/unit
MOCKS := tests/infra
PARTS := "tests/system/e2e" \
	"tests/sandbox/emulator" \
	"tests/simulation tests/evidence" \
	"tests/system/access tests/system/releases" \
	"tests/system/pressure tests/system/watch" \
	"$(UNIT)" \
	"$(MOCKS) tests/system/bootstrap" \
	"tests/sandbox/provider tests/sandbox/engine"
SUITE := $(BIN)/python -m tests.support.suite

test: setup ## All tests
	@$(SUITE) --side-by-side 5 $(PARTS)

# The unit tests in two halves, so that both cores have work to the end.
HALF := tests/unit/release tests/unit/rollback tests/unit/settings tests/unit/scaling
quick: $(INSTALLED) ## Types, import rules, unit tests and the program under mocks: no emulator, under a minute
	@$(SUITE) --side-by-side 3 mypy "$(MOCKS)" "$(HALF)" "$(UNIT) $(addprefix --ignore ,$(HALF))" lint-imports

# SUBJECTS="mutants peers" runs some of them; SEED and SCALE as in python -m tests.evidence.prove --help.
prove: setup ## The full volumes; what was seen goes to docs/evidence/
	@$(BIN)/python -m tests.evidence.prove $(SUBJECTS) $(if $(SEED),--seed $(SEED)) $(if $(SCALE),--scale $(SCALE))

# SUBJECTS="fleet releases" runs some of them; ROUNDS and SEED as in python -m benchmarks --help.
bench: $(INSTALLED) ## Measure, and write docs/evidence
	@$(BIN)/python -m benchmarks $(SUBJECTS) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

lint: $(INSTALLED) ## Style of the code
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)

types: $(INSTALLED) ## Types
	@$(BIN)/mypy

strict: $(INSTALLED) ## Types of infra/ by pyright, which needs Node
	@npx --yes pyright@1.1.414

imports: $(INSTALLED) ## Who may import whom
	@$(BIN)/lint-imports

check: lint types imports ## Everything that needs no run

lock: $(INSTALLED) ## Resolve the requirements again
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --upgrade -o requirements.txt

clean: ## Take the sandbox down and remove what setup made
	@test ! -x $(BIN)/sandbox || $(BIN)/sandbox down
	@rm -rf $(VENV) .sandbox
