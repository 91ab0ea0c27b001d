# Two commands: `make run` starts the product, `make test` proves it. docs/decisions/0002-two-commands.md says why
# they are made like this.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run reset data test check format environment assets translations lock

ifndef PORT
PORT := $(or $(NETTLEGE_PORT),8000)
endif
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

run: export NETTLEGE_PORT = $(PORT)
ifndef HTTPS
run: export NETTLEGE_BASE_URL ?= http://localhost:$(PORT)
endif
run: data ## start the product on this machine (PORT=8010 for another port, HTTPS=1 for a phone on the same network)
	@exec $(BIN)/python app.py $(if $(HTTPS),--https)

reset: ## throw the data away and begin again with fresh ones
	@rm -rf var
	@$(MAKE) --no-print-directory data

data: ## make or mend what run needs: environment, assets, database, seed
	@tools/environment.sh run
	@$(BIN)/python tools/build_assets.py
	@mkdir -p var
	@$(BIN)/flask --app app db upgrade
	@$(BIN)/flask --app app seed

test: check ## everything: check, then unit, integration (SQLite and PostgreSQL) and browser tests
	@$(BIN)/python tools/test_services.py $(BIN)/pytest --numprocesses 2 --no-loadscope-reorder

check: environment ## format, lint, types, templates, CSS, translations, layers: what needs no database
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python tools/build_css.py --check
	@$(BIN)/python tools/check_translations.py
	@$(BIN)/pytest --quiet tests/test_layers.py tests/test_house.py

format: environment ## put format and lint right where a tool can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

environment: # the packages that tests and tools need, among them all that run needs
	@tools/environment.sh dev

assets: environment ## compile translations, compress static files
	@$(BIN)/python tools/build_assets.py

translations: environment ## find new and changed texts and put them into translations/*.po
	@$(BIN)/python tools/check_translations.py --update

lock: environment ## resolve pyproject.toml anew into requirements/*.txt
	@$(LOCK) --output-file requirements/run.txt
	@$(LOCK) --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
