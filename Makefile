# tamizdat: `make demo` shows the whole path, `make test` runs what holds it. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
SERVE  ?= yes
FROM   ?=
bin    := $(VENV)/bin
# No pip configuration is needed; what is installed is pinned with its hash.
pip    := $(bin)/python -m pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help demo demo-clean test lint suite quick tools node wasm pages fuzz bench bench-record bench-tools vectors check clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(VENV)/.newsroom ## walk the whole path in a throw-away newsroom (FROM=DIR: with your own photographs; SERVE=no: end after checking)
	@$(bin)/python -m tamizdat.demo --into demo $(if $(FROM),--from "$(FROM)") $(if $(filter no,$(SERVE)),--no-serve)

demo-clean: ## remove what `make demo` made
	rm -rf demo

test: lint suite ## run the linters and every test; says at the end what was skipped for want of which tool

lint: $(VENV)/.dev ## check style, types and the floor plan
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(bin)/lint-imports --no-logo 2>/dev/null || $(bin)/lint-imports

suite: $(VENV)/.dev node ## run every test
	$(bin)/python -m pytest -n 2 --dist loadfile

quick: $(VENV)/.dev ## run the tests that need no other program
	$(bin)/python -m pytest -n 2 --dist loadfile --ignore tests/interop --ignore tests/suites --ignore tests/faults --ignore tests/scripts

node: ## install other people's JavaScript that judges us in the tests, where npm is at hand
	@if command -v npm >/dev/null; then test -d node_modules/axe-core -a -d node_modules/esbuild -a -d node_modules/asn1js || npm ci --silent; \
	else echo "npm is missing: tests that need it are skipped"; fi

wasm: $(VENV)/.wasm ## build the picture codec anew and compare (users never need this; the compiler takes 400 MB)
	PYTHONPATH=. $(bin)/python tools/wasm.py --check

pages: node ## build the field page and the verifier page anew from page/ (users never need this)
	node page/build.mjs

tools: ## install the system packages the tests can use (Debian, as root)
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	  age chromium firefox-esr gcc golang-go golang-golang-x-mod-dev libc6-dev libimage-exiftool-perl libisal2 libjpeg-turbo-progs \
	  libjpeg62-turbo-dev openssl postgresql strace poppler-utils \
	  zbar-tools fonts-dejavu-core fonts-noto-core

fuzz: $(VENV)/.dev ## mutate our formats for SECONDS_EACH (60) each, then a million hostile JPEGs (goes on where it stopped)
	@for target in $$(ls fuzz/*.py | grep -v -e __init__ -e ground); do echo "== $$target"; $(bin)/python $$target $${SECONDS_EACH:-60} || exit 1; done
	$(bin)/python fuzz/jpeg.py million

bench: $(VENV)/.bench ## measure sealing and joining against other people's tools (about 15 minutes; see bench/carry)
	$(bin)/python -m bench.carry

bench-record: $(VENV)/.dev node ## measure commitment, redaction, credentials, the record, the vault, receiving and the verifier page, and print all goals in one table (about 15 minutes)
	-$(bin)/python -m bench.goals

bench-tools: ## install the programs the bench compares with (Debian, as root)
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends age borgbackup libisal2 par2 restic

vectors: $(VENV)/.dev ## write the test vectors anew; a difference is a change of a format
	@for tool in tools/vectors/*.py; do PYTHONPATH=. $(bin)/python $$tool || exit 1; done
	git diff --exit-code docs/spec

check: lint quick ## the short round while working

clean: ## remove what make made
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "python3-venv is missing: ask your administrator for that package"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.newsroom: requirements/newsroom.txt requirements/build.txt | $(VENV)/bin/python
	$(pip) install --require-hashes -r requirements/build.txt
	$(pip) install --require-hashes -r requirements/newsroom.txt
	$(pip) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.newsroom
	$(pip) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(pip) install --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.wasm: requirements/wasm.txt $(VENV)/.dev
	$(pip) install --require-hashes -r requirements/wasm.txt
	@touch $@
