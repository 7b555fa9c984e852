# Two commands: `make app` opens the explorer, `make test` checks everything.
# Both install what they need into .venv.

PYTHON ?= python3
BIN := .venv/bin
TORCH_CPU := https://download.pytorch.org/whl/cpu

# Without an NVIDIA card the CPU build of torch is enough, and a tenth of the size. Whoever has
# set up pip's sources themselves is left alone.
define torch_source
$$(command -v nvidia-smi >/dev/null || [ "$$(uname)" != Linux ] || \
  [ -n "$$PIP_INDEX_URL$$PIP_EXTRA_INDEX_URL$$PIP_FIND_LINKS" ] || \
  echo "--extra-index-url $(TORCH_CPU)")
endef

.PHONY: app test test-small test-late lint format tour bench bench-gpu bench-drag fuzz soak bundle clean

app: .venv/app
	$(BIN)/python app.py $(ARGS)

# A file's tests stay together, for they share a browser or a model.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/test lint chromium typescript
	OMP_NUM_THREADS=1 $(PYTEST) $(ARGS)

# What depends on the processor, as on a smaller one: as with AVX2 where there is AVX-512, as with
# neither where there is AVX2.
test-small: .venv/test
	@if $(BIN)/python -c 'import sys, torch; sys.exit(not torch.cpu.get_capabilities().get("avx512_f"))'; \
	then isa=AVX2 kernels=avx2; else isa=SSE41 kernels=default; fi; \
	echo "as on a processor with no more than $$isa"; \
	OMP_NUM_THREADS=1 ONEDNN_MAX_CPU_ISA=$$isa ATEN_CPU_CAPABILITY=$$kernels $(PYTEST) -m cpu $(ARGS)

# The page with every answer late by another time: finds what holds only while all is quick.
test-late: .venv/test chromium
	CI=1 LATE=1 OMP_NUM_THREADS=1 $(PYTEST) -m browser $(ARGS)

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pictures and latency figures of README and guide.
tour: .venv/test chromium
	$(BIN)/python -m tests.tour

# How fast it is, against the plain network and the textbook; writes assets/bench.
bench: .venv/test
	$(BIN)/python -m tests.bench $(ARGS)

# The same on an NVIDIA card.
bench-gpu: .venv/test
	$(BIN)/python -m tests.bench.gpu

# From the hand to the picture with a real mouse, and twenty clients at once; writes assets/bench.
bench-drag: .venv/test chromium
	$(BIN)/python -m tests.bench.drag $(ARGS)

# Ten thousand damaged files, and what the program does with each.
fuzz: .venv/test
	$(BIN)/python -m tests.fuzz $(ARGS)

# Fifty users of the page for ten minutes, with the server killed in between; writes assets/bench.
soak: .venv/test
	$(BIN)/python -m tests.soak $(ARGS)

# Everything beside a bundled model but its card, from a training: NAME=adults128 RUN=runs/mine
# MODEL=its checkpoint DATA=slices.zip UNSEEN=folder of slices of people kept apart TABLE=people.csv
# (file, subject, age, ...) OPTIONS="--labels people.csv --label-column z_mni_mm --ordered 16".
BESIDE = assets/models/$(NAME)
bundle: .venv/test
	mkdir -p $(BESIDE)
	$(BIN)/python -m train halve $(MODEL) --out $(BESIDE)/model.safetensors
	$(BIN)/python -m train home $(RUN) --out $(RUN)/home
	cp $(RUN)/home/start.safetensors $(BESIDE)
	$(BIN)/python -m explorer.height $(DATA) $(BESIDE)/height.safetensors
	$(BIN)/python -m explorer.height $(DATA) $(BESIDE)/age.safetensors --ages $(TABLE)
	$(BIN)/python -m train evaluate $(BESIDE) --data $(DATA) $(OPTIONS) --by age --out $(BESIDE) --no-real
	rm $(BESIDE)/features-*.safetensors
	$(BIN)/python -m train reference $(BESIDE) --data $(DATA) $(OPTIONS)
	$(BIN)/python -m explorer.prepare --checkpoint $(BESIDE)
	$(BIN)/python -m explorer.unseen $(UNSEEN) --checkpoint $(BESIDE)
	$(BIN)/python -m explorer.analyse $(BESIDE) --out $(RUN)/lab.html
	$(BIN)/python -m train report $(RUN) --out $(BESIDE)/training.html --no-real

# The browser tests need a Chromium; where apt can install one, it does. CI takes the quickest.
.PHONY: chromium
chromium:
	@for name in chromium-headless-shell $$([ "$$CI" ] || echo chromium chromium-browser google-chrome); \
	do command -v $$name >/dev/null && exit; done; tests/install_chromium.sh

# The page's scripts are checked with TypeScript, which npm installs where it is, or apt can get it.
.PHONY: typescript
typescript: .venv/app
	@tests/install_typescript.sh .venv/node

.venv/app: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; give one with PYTHON=..." if sys.version_info < (3, 11) else 0)'
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(torch_source) -r requirements.txt
	touch $@

.venv/test: .venv/app tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache
