# Everything a person or CI runs. `make` alone lists the targets.
PYTHON ?= python3
CORES ?= 2
CONFIG ?= config/config.yaml
UV_VERSION := 0.13.9
BIN := .venv/bin
# What reviews need, and with it all that tests and checks of the package need.
BUILDS := .venv/.builds
STAMP := .venv/.complete
# uv installs in seconds what takes pip a minute. It trusts the machine's own certificates, as
# pip does, for networks that have one of their own; pip is the way back if uv finds no way.
UV = VIRTUAL_ENV="$(CURDIR)/.venv" UV_SYSTEM_CERTS=1 $(BIN)/uv

# Every job is a process of its own: modules are compiled once and kept, or each compiles them all.
unexport PYTHONDONTWRITEBYTECODE
# Numbers must not depend on the threads of a machine, and processes must not fight for its cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup report report-zip check release tag approve test test-slow test-builds test-smoke test-browser test-fuzz test-kills test-wheel test-slurm test-kubernetes test-lowest test-newest coverage bench audit-power simulate lint docs schemas lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s ':'

$(BUILDS): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "trialpool needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install -q --require-hashes -r pyproject.toml --extra pipeline --group build -c requirements.lock \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): $(BUILDS)
	$(UV) pip install -q --require-hashes -r requirements.lock \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

setup: $(STAMP)  ## make .venv with everything in requirements.lock

report: $(BUILDS)  ## build figures and the pages of results/report from data/raw and config
	$(BIN)/trialpool build --config "$(CONFIG)" --cores $(CORES)

report-zip: report  ## pack results/report into results/report.zip, the same bytes for the same files
	$(BIN)/trialpool step zip results/report --output results/report.zip

check: report  ## compare results with the approved ones; exit 1 when anything moved
	$(BIN)/trialpool check --config "$(CONFIG)"

release: check  ## bundle the approved build of a review: make release VERSION=1.2.0 DATE=2026-05-01
	$(BIN)/trialpool release $(VERSION) $(if $(DATE),--date $(DATE)) --config "$(CONFIG)"

tag: setup  ## tag this version of the software, as pyproject.toml names it; pushes nothing
	$(BIN)/python .ci/tag.py

approve: report  ## make the results the approved ones (tests/baseline)
	$(BIN)/trialpool approve --config "$(CONFIG)"

# Lint beside the tests: the type checker takes a minute of one core.
test: setup  ## lint, types and all tests but those with a target of their own
	@$(MAKE) --no-print-directory lint > .venv/lint.log 2>&1 & lint=$$!; \
	EXAMPLES=50 $(BIN)/python -m pytest -m "not slow and not builds and not fuzz and not wheel and not smoke and not browser and not docs" --ignore tests/browser -n $(CORES) --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$lint; linted=$$?; cat .venv/lint.log; [ $$tests = 0 ] && [ $$linted = 0 ]

test-slow: setup  ## simulations, long property tests, and the others with twice the examples
	$(BIN)/python -m pytest -m "slow or (hypothesis and not fuzz)"

test-builds: setup  ## what each change of a review builds again, and that it gives the same bytes elsewhere
	$(BIN)/python -m pytest -m "builds and not slow" -n $(CORES) --dist load

test-smoke: setup report  ## six pages of the report in Chromium
	$(BIN)/python -m pytest -m smoke

test-browser: setup report  ## the whole report in Chromium: widths, keyboard, links, budgets
	$(BIN)/python -m pytest -m "smoke or browser"

test-fuzz: setup  ## damaged tables, curves, files and settings
	$(BIN)/python -m pytest -m "fuzz and not slow" -n $(CORES) --dist loadfile

test-kills: setup  ## builds that are killed at random moments; the next one completes with the same bytes
	$(BIN)/python benchmarks/kills.py --kills 50 --cores $(CORES)

test-wheel: setup  ## the package built, installed and used without the checkout
	$(BIN)/python -m pytest -m wheel

test-slurm: setup  ## a review built by a Slurm of one node, as root: the same bytes, nothing left running
	$(BIN)/python tests/cluster/slurm.py

test-kubernetes: setup  ## the options of the profile for Kubernetes, in a dry run
	$(UV) pip install -q --target .venv/$@ -c requirements.lock --group kubernetes
	PYTHONPATH=.venv/$@ $(BIN)/python tests/cluster/kubernetes.py

# The ranges of pyproject.toml, at both ends.
test-lowest: RESOLUTION = lowest-direct
test-newest: RESOLUTION = highest
test-lowest: setup  ## numbers, tables and settings with the lowest versions that are allowed
test-newest: setup  ## the same with the newest
test-lowest test-newest:
	$(UV) pip compile -q --python-version 3.11 --resolution $(RESOLUTION) --no-header --extra dev --extra pipeline pyproject.toml -o .venv/$@.txt
	$(BIN)/uv venv -q --clear .venv/$@
	VIRTUAL_ENV="$(CURDIR)/.venv/$@" UV_SYSTEM_CERTS=1 $(BIN)/uv pip install -q -r .venv/$@.txt
	VIRTUAL_ENV="$(CURDIR)/.venv/$@" $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	.venv/$@/bin/python -m pytest -m "not slow and not pipeline and not builds and not fuzz and not wheel and not smoke and not browser" tests/cli tests/effects tests/evidence tests/records tests/settings

lint: setup  ## ruff, mypy, snakefmt, snakemake --lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint

# TESTS="tests/audit tests/test_cache.py" measures only these.
coverage: TESTS = -m "not slow and not fuzz and not wheel and not smoke and not browser" --ignore tests/browser
coverage: setup  ## what share of each room the tests run; the lines that none runs: .venv/coverage.txt
	rm -rf .venv/coverage && mkdir .venv/coverage
	$(BIN)/coverage run -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder $(TESTS); tests=$$?; \
	$(BIN)/coverage combine -q && $(BIN)/python benchmarks/covered.py .venv/coverage.txt && exit $$tests

# Each runs by itself; docs/project/performance.md says which table is whose.
bench: setup report  ## the tables of docs/project/performance.md: pooling, the review beside metafor, networks, growth, forest plots, builds
	$(BIN)/python benchmarks/pooling.py
	$(BIN)/python benchmarks/same_analyses.py
	$(BIN)/python benchmarks/networks.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/forest.py
	$(BIN)/python benchmarks/build_times.py

audit-power: setup  ## what the audit would find: tables of docs/reference/audit.md, by simulation
	$(BIN)/python benchmarks/audit_tables.py
	$(BIN)/python benchmarks/audit_power.py

simulate: setup  ## words and intervals of few trials, priors: docs/explanation/small-k.md, .csv and figure (3 minutes)
	$(BIN)/python simulations/small_k.py

docs: setup  ## the documentation's pages: site/html; a warning, a dead link or a block of code that does not run fails
	$(BIN)/python docs/site/build.py
	$(BIN)/python -m pytest -m docs tests/project -n $(CORES) --dist loadfile

schemas: setup  ## docs/schemas and docs/reference/measures.md from the package
	$(BIN)/python docs/schemas/write.py
	$(BIN)/python docs/schemas/measures.py

lock:  ## resolve pyproject.toml again into requirements.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra dev --extra docs --extra pipeline --extra cluster pyproject.toml -o requirements.lock

clean:  ## remove what is built (not the environment)
	rm -rf results site .cache .snakemake .trialpool-cache && mkdir results && touch results/.gitkeep
