# Galleria. `make` alone says what there is to do.

VENV := .venv
BIN := $(VENV)/bin
CODE := shop carts orders accounts sessionsync tests manage.py
# No `make -j`: the targets share one environment.
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:  ## Say what there is to do
	@echo "Galleria: one shop on several domains, with one cart."
	@echo
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' Makefile | awk -F '|' '{ printf "  make %-18s %s\n", $$1, $$2 }'
	@echo
	@echo "  make demo PORT=8123                another port"
	@echo "  make test ARGS='-m \"not browser\"'  without the browser; or any arguments for pytest"
	@echo "  make setup PYTHON=/path/to/python  a Python of your choice (3.12 or later)"

demo: env-demo  ## Run the four shops on this machine, with nothing to install; Ctrl-C stops them
	@exec $(BIN)/python -m shop.ops.demo

setup: env-dev browser  ## Make the development environment in .venv

test: env-dev  ## Run all tests, on a PostgreSQL and a Valkey of their own (ARGS='...' for pytest)
	@case '$(subst ','\'',$(ARGS))' in *'not browser'*) ;; *) $(BIN)/python -m shop.ops.browser ;; esac
	@$(BIN)/python -m tests.isolation.nginx
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

test-browsers: env-dev  ## Run sessionsync in three real engines: Chromium, Firefox, WebKitGTK
	@$(BIN)/python -m shop.ops.engines
	$(BIN)/python -m pytest tests/browsers $(ARGS)

test-pages: env-dev browser  ## Look at every page: axe, keyboard, no script, links, HTML, layout (needs Node)
	$(BIN)/python -m pytest tests/pages $(ARGS)

test-api: env-dev  ## Run others' programs against the Store API: schemathesis, @medusajs/js-sdk (needs Node)
	$(BIN)/python -m pytest tests/contract $(ARGS)

test-isolation: env-dev  ## Let 200 people shop at once and search everything for what is another's (needs nginx; ARGS=--plant, --asgi)
	$(BIN)/python -m tests.isolation $(ARGS)

screenshots: env-dev browser  ## Take the pictures of docs/tour/ anew
	$(BIN)/python -m tests.pages.screenshots

messages: env-dev  ## Collect the texts to translate into locale/ and compile them (needs GNU gettext)
	DATABASE_URL=sqlite://:memory: DJANGO_SETTINGS_MODULE=shop.settings.test $(BIN)/python -m shop.ops.messages

prove: env-dev  ## Explore the session-sync protocol in all small worlds, and find every seeded mistake (ARGS=--long)
	$(BIN)/python -m tests.proof $(ARGS)

drill-checkout: env-dev  ## Let 500 shoppers order at once while processes die; count everything again (ARGS='--orders 500 --seed 1')
	$(BIN)/python -m tests.drills.checkout $(ARGS)

audit-trial: env-dev  ## Make 10,000 orders and audit them (ARGS='--orders 10000 --seed 1')
	$(BIN)/python -m tests.drills.audit $(ARGS)

check: lint types layers migrations-check deploy-check  ## Run every check that is not a test

lint: env-dev  ## Check style: Python (ruff) and templates (djade)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@find templates shop carts orders accounts sessionsync -name '*.html' -print0 | xargs -0 $(BIN)/djade --check --target-version 6.1

format: env-dev  ## Put style right where a program can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@find templates shop carts orders accounts sessionsync -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 6.1

types: env-dev  ## Check types (mypy, strict)
	$(BIN)/mypy $(CODE)

layers: env-dev  ## Check who may import whom
	$(BIN)/lint-imports

migrations-check: env-dev  ## Check that no migration is missing
	DATABASE_URL=sqlite://:memory: DJANGO_SETTINGS_MODULE=shop.settings.test $(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: env-dev  ## Check the production settings (Django's check --deploy)
	.ci/deploy-check $(BIN)/python

bench: bench-sessionsync  ## Run all benchmarks

bench-sessionsync: env-dev  ## Measure what sessions and handshakes cost, beside Django's own
	$(BIN)/python -m benchmarks.sessionsync

lock: env-dev  ## Lock the newest versions that requirements/*.in allow
	.ci/lock $(BIN)/uv

demo-reset:  ## Delete the demo's data; the next `make demo` begins anew
	rm -rf .demo

clean:  ## Delete the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles test-results

env-demo env-dev: env-%:
	@python=$$(.ci/find-python) && exec "$$python" shop/ops/make_env.py $*

browser: env-dev
	@$(BIN)/python -m shop.ops.browser

.PHONY: help demo setup test test-browsers test-pages test-api test-isolation screenshots messages prove drill-checkout audit-trial check lint format types layers migrations-check deploy-check bench bench-sessionsync lock demo-reset clean env-demo env-dev browser
