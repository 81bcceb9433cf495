# Needs Python 3.11 or later, git and make; everything else is installed into .venv, once.
SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
IMAGE := prodigy-action
# What pytest makes of the files of the tests is kept for its other processes and for the next time.
export PYTHONDONTWRITEBYTECODE :=
# Tests wait for commands half of the time: one process more than there are processors; 0 runs them in one, in order.
TEST_PROCESSES := $(shell cores=$$(nproc); echo $$((cores < 8 ? cores + 1 : 8)))
# On a machine whose package index is only reachable from the host, builds need the host's network.
DOCKER_BUILD_OPTIONS := --network host
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

.PHONY: help demo example test fast coverage check check-page bench image lock generate format hooks

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: $(INSTALLED) ## run an example on a copy of this repository
	@$(BIN)/python -m examples.demo

example: $(INSTALLED) ## run one example on a repository made for it (NAME=conflicts)
	@$(BIN)/python -m examples.try_example $(NAME)

test: $(INSTALLED) ## run the tests (PYTEST_OPTIONS="-k word" for some)
	@.ci/in-memory $(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --durations 15 -m "not timing" $(PYTEST_OPTIONS) || [ $$? -eq 5 ]
	@# What measures seconds runs alone, so that no other test takes its processor. 5: the options select none.
	@.ci/in-memory $(BIN)/python -m pytest -m timing $(PYTEST_OPTIONS) || [ $$? -eq 5 ]

fast: $(INSTALLED) ## run the tests without real git and real seconds, in less than a minute
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --durations 15 -m "not timing and not stress" \
	  $(PYTEST_OPTIONS) tests/unit tests/effects tests/contract

coverage: $(INSTALLED) ## run the tests, write build/coverage/html and report the lines and branches that ran, in all processes
	@rm -rf build/coverage && mkdir -p build/coverage
	@passed=0; PRODIGY_ACTION_TESTS_START=afresh $(BIN)/coverage run -m pytest --numprocesses $(TEST_PROCESSES) --durations 15 -m "not timing and not stress" \
	  $(PYTEST_OPTIONS) || passed=$$?; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage html --quiet && $(BIN)/coverage report; exit $$passed

check: $(INSTALLED) ## format, lint, types, imports, words, metadata, image file, scripts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell *.md Makefile Dockerfile action.yml agents .ci .github benchmarks docs examples prodigy_action tests
	$(BIN)/python .ci/check_words.py
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml agents/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci examples/gitlab-fanout.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/zizmor --offline --no-progress --quiet action.yml agents/action.yml .github
	$(BIN)/hadolint Dockerfile
	$(BIN)/shellcheck .ci/run .ci/in-memory .ci/run-in-container examples/fanout.sh
	@$(MAKE) --no-print-directory check-page

check-page: ## lint the script and the style of report.html (with node)
	@if npm --version >/dev/null 2>&1; then \
	  npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent check; \
	else \
	  echo "::: node and npm are not installed: the script and the style of report.html were not linted :::" >&2; \
	fi

bench: $(INSTALLED) ## measure, a quarter of an hour; write build/benchmarks.json (BENCH_OPTIONS="--size quick": two minutes)
	@$(BIN)/python -m benchmarks $(BENCH_OPTIONS)

image: ## build the container images: slim, and agents with node and an agent's command line
	docker build $(DOCKER_BUILD_OPTIONS) --target agents --tag $(IMAGE):agents .
	docker build $(DOCKER_BUILD_OPTIONS) --tag $(IMAGE) .

lock: ## compile requirements/ from pyproject.toml (UPGRADE=--upgrade for newer versions); needs uv
	$(LOCK) $(UPGRADE) --output-file requirements/runtime.txt pyproject.toml
	$(LOCK) $(UPGRADE) --constraint requirements/runtime.txt --output-file requirements/dev.txt --group dev pyproject.toml
	$(LOCK) $(UPGRADE) --constraint requirements/dev.txt --output-file requirements/build.txt --group build
	$(LOCK) $(UPGRADE) --output-file requirements/agents.txt --group agents

generate: $(INSTALLED) ## write the schemas, the reference of the command line, and the generated parts of action.yml and README.md
	$(BIN)/python -m prodigy_action.schema
	$(BIN)/python -m tests.contract.generated_parts

format: $(INSTALLED) ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

hooks: $(INSTALLED) ## check every commit with pre-commit, which must be installed
	pre-commit install

$(INSTALLED): requirements/dev.txt pyproject.toml
	@set -e; \
	for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$candidate; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "no Python 3.11 or later with its venv module was found; install one, or name it: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	test -x $(BIN)/python || { echo "making $(VENV) with $$("$$python" --version)"; "$$python" -m venv $(VENV); }
	@echo "installing the requirements"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
