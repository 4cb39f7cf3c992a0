# The project's commands; `make help` lists them. Each sets up what it needs on first use.
.DEFAULT_GOAL := help
.PHONY: help setup up demo example logs preview-mail reset test test-long check check-code check-types check-template check-openapi check-pipeline format openapi client new-function hooks bench build deploy invoke migrate admin smoke load sbom lock
MAKEFLAGS += --no-print-directory

HOST_ARCH := $(subst aarch64,arm64,$(subst amd64,x86_64,$(shell uname -m)))
ARCH ?= arm64
RUN := .venv/bin/python
PYTEST := $(RUN) -m pytest -q -n 2 --dist loadgroup
SAM := .tools/sam/bin/sam
LOCK = .tools/uv/bin/uv pip compile -q --python-version 3.13 --generate-hashes $(ARGS)
SETUP := .venv/.ready .tools/sam/.ready .tools/ministack/.ready

export SAM_CLI_TELEMETRY := 0
# Some machines switch the bytecode cache off; every start would compile for seconds.
export PYTHONDONTWRITEBYTECODE :=
export AWS_DEFAULT_REGION ?= ap-south-1
# Programs of the tests that Debian keeps outside a user's PATH, and those that tools/debian-packages unpacked.
export PATH := $(CURDIR)/.tools/debian/bin:$(PATH):/usr/sbin

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(SETUP) ## Set up everything the other targets need (they do it themselves)

up: $(SETUP) ## Run the whole platform on this machine, on PORT (3000); ORIGINS adds web origins; Ctrl-C ends it
	@exec $(RUN) -m local up

demo: $(SETUP) ## Walk a student's journey against the running stack, or a freshly started one
	@exec $(RUN) -m local demo

example: .venv/.ready ## Serve the example of a student app for the running stack, on APP_PORT (3100)
	@exec $(RUN) -m local example

logs: .venv/.ready ## Show what one request caused in the running stack; REQUEST=<id>, as `make up` prints it
	@REQUEST=$(REQUEST) $(RUN) -m local logs

reset: .venv/.ready ## Forget the local stack's state (.local)
	@$(RUN) -m local reset

test: .venv/.ready ## Run every test, or those that ARGS choose as for pytest; each gets what it needs on first use
	$(PYTEST) -m "not long" $(ARGS)
	$(PYTEST) -m "not long" --pgbouncer $(ARGS) || [ $$? = 5 ] # 5: none of the chosen tests runs through PgBouncer

test-long: .venv/.ready ## Run the longer campaigns too
	$(PYTEST) $(ARGS)

check: check-code check-types check-template check-openapi check-pipeline ## Check format, lint, types, templates, openapi.json, pipeline

check-code: .venv/.ready
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .

check-types: .venv/.ready
	$(RUN) -m basedpyright

check-template: .venv/.ready .tools/sam/.ready .tools/checkov/.ready
	$(SAM) validate
	$(SAM) validate --lint
	@mkdir -p .aws-sam && $(RUN) -m tools.transform >.aws-sam/cloudformation.json
	.venv/bin/cfn-lint -t .aws-sam/cloudformation.json
	@$(RUN) -m tools.policies .aws-sam/cloudformation.json

check-openapi: .venv/.ready
	$(RUN) -m tools.openapi --check
	@$(RUN) -m tools.lint_openapi

check-pipeline: .venv/.ready
	@$(RUN) -m tools.workflows
	@$(RUN) -m tools.licences --check

smoke: .venv/.ready ## Walk through a deployed stack, from health to a certificate; STAGE=prod, or the running local one
	@$(RUN) -m tools.smoke $(STAGE)

load: .venv/.ready .tools/locust/.ready ## Put load on a deployed stack's public routes; RATE=<a second> SECONDS=<s> STAGE=staging, or the local one
	@$(RUN) -m tools.load $(or $(RATE),10) $(or $(SECONDS),30) $(STAGE)

admin: .venv/.ready ## Make a user an administrator; EMAIL=<address>, STAGE=prod for an account
	@$(RUN) -m tools.admin $(or $(EMAIL),$(error say who: make admin EMAIL=asha@example.com)) $(STAGE)

sbom: .tools/cyclonedx/.ready ## List what each layer consists of, as CycloneDX in .aws-sam/sbom
	@mkdir -p .aws-sam/sbom
	@for layer in common documents migrations; do \
	  .tools/cyclonedx/bin/cyclonedx-py requirements layers/$$layer/requirements.txt --output-reproducible \
	    --spec-version 1.6 --output-format JSON --output-file .aws-sam/sbom/$$layer.json && echo ".aws-sam/sbom/$$layer.json" || exit; done

format: .venv/.ready ## Format the code and fix what ruff can fix
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

hooks: .venv/.ready ## Check what changed before each commit (pre-commit, with the project's own tools)
	@$(RUN) -m pre_commit install

new-function: .venv/.ready ## Add a function that passes every check; NAME=<snake_case>
	@$(RUN) -m tools.new_function $(or $(NAME),$(error say which: make new-function NAME=seat_maps))

openapi: .venv/.ready ## Write openapi.json from the functions
	$(RUN) -m tools.openapi

client: .venv/.ready .tools/openapi-client/.ready ## Write a TypeScript and a Python client of the API into build/clients
	@$(RUN) -m tools.clients

preview-mail: .venv/.ready ## Write every notification as a page into .local/mail
	@$(RUN) -m local.preview_mail

bench: $(SETUP) ## Run the benchmarks, as ratios
	@$(RUN) -m tools.build $(HOST_ARCH)
	$(RUN) -m benchmarks $(ARGS)

build: .venv/.ready .tools/sam/.ready ## sam build, only what changed; ARCH=arm64 (default) or x86_64
	@$(RUN) -m tools.build $(ARCH)

deploy: build ## sam deploy of that build; STAGE=prod is a section of samconfig.toml
	@$(RUN) -m tools.deploy $(or $(STAGE),default) \
	  $(if $(filter arm64,$(ARCH)),.aws-sam/build,.aws-sam/build-$(ARCH))/template.yaml $(ARGS)

invoke: .venv/.ready .tools/sam/.ready ## sam local invoke against the running stack; FN=<function> EVENT=events/<function>/<case>.json
	@$(RUN) -m tools.build $(HOST_ARCH)
	@$(RUN) -m tools.invoke $(or $(FN),$(error say which: make invoke FN=events EVENT=events/events/list.json)) $(EVENT)

migrate: .venv/.ready ## Apply sql/migrations to DATABASE_URL, as the owner
	@$(RUN) -m sql.migrate $(or $(DATABASE_URL),$(error say which: make migrate DATABASE_URL=postgresql://owner:password@host:5432/database))

lock: .tools/uv/.ready ## Pin what the requirements ask for, with hashes; ARGS=--upgrade takes the newest
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	for layer in layers/common layers/documents layers/migrations; do \
	  $(LOCK) -c requirements-dev.txt $$layer/requirements.in -o $$layer/requirements.txt || exit; done
	for tool in checkov cyclonedx locust ministack openapi-client sam uv; do $(LOCK) tools/$$tool.in -o tools/$$tool.txt || exit; done

.venv/.ready: requirements-dev.txt
	@tools/environment .venv requirements-dev.txt

.tools/%/.ready: tools/%.txt
	@tools/environment .tools/$* tools/$*.txt
