# farelite: every verb of the project. `make help` prints them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The environment that runs the pipeline; Keras 2 is what the optimization toolkit works on.
export TF_USE_LEGACY_KERAS := 1
export TF_CPP_MIN_LOG_LEVEL ?= 2

BIN := .venv/bin
READY := .venv/.ready
# Two workers, each with whole files; about 3 GB of memory each, with the runs that they start.
# Bytecode is written: two workers and many processes begin with the same modules.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder
ARGS ?=

# pyenv's Pythons by their own paths: its shims refuse to run any but the one that is chosen for the folder.
PYENVS := $(shell printf ':%s' "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[0-3].*/bin)

# Which Python, and with it which line of TFX, this system takes; what cannot work is told before anything is fetched.
$(READY): pyproject.toml uv.lock tools/uv.sh tools/line.sh
	@python=$$(sh tools/line.sh) && uv=$$(sh tools/uv.sh) && echo "installing the locked environment (about 4 GB, once)" >&2 \
	  && PATH="$$PATH$(PYENVS)" $$uv sync --frozen --quiet --all-extras --python "$$python" && sh tools/line.sh 2>$@ >/dev/null
ifdef FARELITE_PYTHON
.PHONY: $(READY)
endif

.PHONY: help
help:  ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY)  ## install everything into .venv (uv and Python included; FARELITE_PYTHON=3.12 asks for one)

.PHONY: run
run: $(READY)  ## trips to a shipped model.tflite (ARGS="--config my.yaml")
	@cat $(READY) >&2
	@$(BIN)/farelite run $(ARGS) || { code=$$?; echo "farelite ended with exit code $$code; make itself ends with 2" >&2; exit $$code; }

.PHONY: test
test: $(READY)  ## all tests, those that take longest first: the pipeline end to end, then the unit tests
	$(PYTEST) $(ARGS)

.PHONY: test-current
test-current:  ## all tests and the main job on today's Python and TFX, in a Debian 13 of its own (half an hour; needs root)
	@sh tools/current.sh sh tools/current_tests.sh $(ARGS)

.PHONY: test-unit
test-unit: $(READY)  ## the unit tests alone (minutes)
	$(PYTEST) -m "not e2e and not slow"

.PHONY: lint
lint: $(READY)  ## ruff, mypy --strict, the layer contracts, and limits of length
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/limits.py
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

.PHONY: format
format: $(READY)  ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: reference
reference: $(READY)  ## write the configuration's reference and the manifest's schema anew
	@$(BIN)/python tools/configuration_reference.py > docs/reference/configuration.md.part
	@mv docs/reference/configuration.md.part docs/reference/configuration.md
	@$(BIN)/python tools/manifest_schema.py > components/registry/model.schema.json.part
	@mv components/registry/model.schema.json.part components/registry/model.schema.json

DOCS := .tools/docs
$(DOCS)/.ready: pyproject.toml uv.lock tools/uv.sh
	@uv=$$(sh tools/uv.sh) && PATH="$$PATH$(PYENVS)" UV_PROJECT_ENVIRONMENT=$(DOCS) $$uv sync --frozen --quiet --only-group docs --no-install-project && touch $@

$(DOCS)/mermaid.min.js: | $(DOCS)/.ready
	@{ npm pack --silent --pack-destination $(DOCS) mermaid@11.12.1 >/dev/null && tar -xzf $(DOCS)/mermaid-*.tgz -C $(DOCS) --strip-components 2 \
	  package/dist/mermaid.min.js && rm $(DOCS)/mermaid-*.tgz; } || echo "no Mermaid: the site shows its pictures as text" >&2

.PHONY: docs
docs: $(DOCS)/.ready $(DOCS)/mermaid.min.js  ## README and docs/ as a site in build/site, every link checked; needs no other environment
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build && echo "open build/site/index.html" >&2

.PHONY: test-kit
test-kit: $(READY) pipeline/demo/node_modules/.package-lock.json  ## compile and run a version's kit on the runtimes here (ARGS=runs/chicago/models/000001)
	@PYTHONPATH=. $(BIN)/python tests/kits/kit_trials.py $(ARGS)

.PHONY: demo
demo: $(READY) pipeline/demo/node_modules/.package-lock.json  ## the live model in the browser (ARGS="--runs-dir runs --port 8765")
	@$(BIN)/farelite demo $(ARGS)

pipeline/demo/node_modules/.package-lock.json: pipeline/demo/package.json pipeline/demo/package-lock.json
	@command -v npm >/dev/null || { echo "make demo needs npm (Node.js 18 or later) to fetch LiteRT.js" >&2; exit 2; }
	@echo "fetching LiteRT.js (39 MB, once)" >&2 && cd pipeline/demo && npm ci --no-progress && touch node_modules/.package-lock.json

.PHONY: kubeflow-client
kubeflow-client: $(READY)  ## the kfp client's own environment, which `farelite kubeflow submit` makes on first use
	@$(BIN)/python -c "from pipeline.runners.kubeflow.client import environment; environment(print)"

KUSTOMIZE := .tools/kustomize/kustomize
$(KUSTOMIZE):
	@command -v go >/dev/null || { echo "kustomize is built by Go 1.24 or later, which is not here" >&2; exit 2; }
	@echo "building kustomize into .tools/ (a minute, once)" >&2
	@GOBIN=$(abspath $(dir $@)) go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1

.PHONY: manifests
manifests: $(KUSTOMIZE)  ## render kubeflow/manifests anew, as the tests hold them to Kubernetes' schemas
	@for set in pipelines scheduler toolbox; do $(KUSTOMIZE) build kubeflow/manifests/$$set > kubeflow/manifests/rendered/$$set.yaml; done

KUBERNETES := .tools/kubernetes
$(KUBERNETES)/kube-apiserver: tests/pipeline/runners/kubeflow/apiserver/go.mod tests/pipeline/runners/kubeflow/apiserver/go.sum
	@echo "building kube-apiserver and kube-controller-manager into .tools/ (minutes, once)" >&2
	@mkdir -p $(KUBERNETES) && cd $(<D) && go build -mod=readonly -trimpath -ldflags "-s -w" -o $(abspath $(KUBERNETES))/ \
	  k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager
	@command -v etcd >/dev/null || { cd $(KUBERNETES) && apt-get download -qq etcd-server && dpkg -x etcd-server_*.deb . \
	  && rm etcd-server_*.deb; } || echo "no etcd, and Debian's etcd-server cannot be fetched: the tests will skip" >&2

.PHONY: test-kubernetes
test-kubernetes: $(READY)  ## the manifests on a real API server, built by Go on first use (a minute then)
	@! command -v go >/dev/null || $(MAKE) --no-print-directory $(KUBERNETES)/kube-apiserver
	$(BIN)/pytest -q -rs tests/pipeline/runners/kubeflow/test_kubernetes.py $(ARGS)

.PHONY: golden
golden: $(READY)  ## write the compiled specification that a test compares with anew
	@$(BIN)/python tests/pipeline/runners/kubeflow/golden.py > tests/pipeline/runners/kubeflow/golden.yaml.part
	@mv tests/pipeline/runners/kubeflow/golden.yaml.part tests/pipeline/runners/kubeflow/golden.yaml

.PHONY: doctor
doctor: $(READY)  ## what this machine has, lacks and needs
	@$(BIN)/farelite doctor

.PHONY: clean
clean:  ## remove caches and build output (runs/ and .venv/ stay)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: bench-seeds
bench-seeds: $(READY)  ## the default pipeline over five hash splits, as a table
	@$(BIN)/python benchmarks/seeds.py $(ARGS)

.PHONY: bench-study
bench-study: $(READY)  ## the compression study of the default grid in a fresh folder, as a table (ARGS="--set ...")
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(BIN)/farelite study --markdown --runs-dir "$$folder" $(ARGS)

.PHONY: bench-ingest
bench-ingest: $(READY)  ## rows a second and memory of ingestion beside TFX's CsvExampleGen, 1 and 4 million rows
	@PYTHONPATH=. $(BIN)/python benchmarks/ingest.py $(ARGS)

.PHONY: bench-new-york
bench-new-york: $(READY)  ## the course's New York files, nyc_lab_train.csv and nyc_lab_valid.csv (TRIPS=FOLDER)
	@$(BIN)/python benchmarks/seeds.py --config pipeline/configs/nyc.yaml --seeds 1 --vary training.seed --aim 4.6 1.85 \
	  --set data.source=$(abspath $(TRIPS))/nyc_lab_train.csv --set data.split.test_source=$(abspath $(TRIPS))/nyc_lab_valid.csv $(ARGS)

.PHONY: flights
flights: $(READY)  ## flights of 2013 by month into flights/, for pipeline/configs/flights.yaml
	@$(BIN)/python tools/flights.py flights $(ARGS)

.PHONY: bench-lines
bench-lines: $(READY)  ## both lines of TFX side by side, each one's file and runs folder in the other's hands (needs root)
	@$(BIN)/python benchmarks/lines.py $(ARGS)

.PHONY: bench
bench: $(READY)  ## speed and memory: runs beside TFX's stock taxi example, steps, start of every command, growth
	@PYTHONPATH=. $(BIN)/python -W ignore benchmarks/speed.py $(ARGS)

.PHONY: bench-compare
bench-compare: $(READY)  ## first runs of this checkout and of another revision in pairs (BASE=main)
	@PYTHONPATH=. $(BIN)/python benchmarks/compare.py $(BASE) $(ARGS)

.PHONY: bench-lineage
bench-lineage: $(READY)  ## how long questions take as the metadata store grows to 5,000 runs
	@$(BIN)/python benchmarks/lineage_growth.py $(ARGS)

.PHONY: prove-schedule
prove-schedule: $(READY)  ## simulated weeks of a schedule: is every due time accounted for exactly once? (ARGS="--weeks 300")
	@$(BIN)/python tests/proofs/schedule_week.py $(ARGS)

.PHONY: prove-store
prove-store: $(READY)  ## kills, full disks and races: `current` always names a sound version
	@$(BIN)/python tests/proofs/prove_store.py $(ARGS)

.PHONY: prove-rows
prove-rows: $(READY)  ## 10,000 mutated tables through ingestion and predict: is every line in exactly one row? (ARGS="--files 200")
	@PYTHONPATH=. $(BIN)/python -W ignore tests/proofs/prove_rows.py $(ARGS)

.PHONY: prove-sizes
prove-sizes: $(READY)  ## estimated sizes beside those of files of untrained networks of many designs (ARGS="--tables chicago")
	@PYTHONPATH=. $(BIN)/python -W ignore tests/proofs/prove_sizes.py $(ARGS)

.PHONY: prove-fuzz
prove-fuzz: $(READY)  ## mutated versions: `verify` accepts none and crashes on none (needs a pushed version)
	@$(BIN)/python tests/proofs/prove_fuzz.py $(ARGS)

.PHONY: prove-skew
prove-skew: $(READY)  ## random splits of one table: how many are warned of or stopped by chance? (ARGS="--splits 100")
	@PYTHONPATH=. $(BIN)/python -W ignore tests/proofs/prove_skew.py $(ARGS)

.PHONY: prove-same
prove-same: $(READY)  ## the default run again and again under load, with other cores, caches and engines: the same bytes?
	@$(BIN)/python tests/proofs/prove_same.py $(ARGS)

.PHONY: prove-agreement
prove-agreement: $(READY) pipeline/demo/node_modules/.package-lock.json  ## one file, four runtimes: largest differences (needs a pushed version)
	@$(BIN)/python tests/proofs/prove_agreement.py $(ARGS)

.PHONY: bench-boosters
bench-boosters: $(READY)  ## the shipped file beside LightGBM and XGBoost over five hash splits
	@$(BIN)/python benchmarks/boosters.py $(ARGS)

.PHONY: bench-tables
bench-tables: $(READY)  ## defaults on public tables beside boosted trees (hours; ARGS="--splits 1 --tables diabetes")
	@uv=$$(sh tools/uv.sh) && $$uv sync --frozen --quiet --all-extras --group bench && PYTHONPATH=. $(BIN)/python benchmarks/tables.py $(ARGS)

.PHONY: bench-labels
bench-labels: $(READY)  ## the examples whose label is no number, beside boosted trees, over five hash splits
	@uv=$$(sh tools/uv.sh) && $$uv sync --frozen --quiet --all-extras --group bench && PYTHONPATH=. $(BIN)/python benchmarks/labels.py $(ARGS)

.PHONY: prove-transforms
prove-transforms: $(READY)  ## the whole contract of every transform and reducer (minutes); prints the largest differences
	FARELITE_PROVE=1 $(PYTEST) -rP tests/transforms $(ARGS) | grep -E "largest difference|passed|failed|Error"

.PHONY: prove-reducers
prove-reducers: $(READY)  ## PCA, SVD and PLS from one pass beside scikit-learn: largest angles between subspaces
	@$(BIN)/python tests/proofs/prove_reducers.py $(ARGS)

.PHONY: bench-dimensions
bench-dimensions: $(READY)  ## the network with and without PCA in front, in pairs by seed: error and parameters
	@PYTHONPATH=. $(BIN)/python benchmarks/dimensions.py $(ARGS)

.PHONY: bench-transform
bench-transform: $(READY)  ## Transform of 1 million rows with PCA beside the same graph with tft.pca: time and peak memory
	@PYTHONPATH=. $(BIN)/python benchmarks/transform_rows.py $(ARGS)

.PHONY: flink-up
flink-up: $(READY)  ## a Flink cluster on this machine: JobManager, two TaskManagers with worker pools, Beam's job server
	@$(BIN)/python tools/flink/cluster.py up $(ARGS)

.PHONY: flink-down
flink-down: $(READY)  ## end that cluster: what `flink-up` started, and nothing else
	@$(BIN)/python tools/flink/cluster.py down

.PHONY: flink-jars
flink-jars: $(READY)  ## fetch Flink and Beam's job server into .tools/flink, as flink-up does on first use
	@$(BIN)/python tools/flink/cluster.py jars

.PHONY: flink-lock
flink-lock: $(READY)  ## write tools/flink/jars.sha256 anew after a change of its pom.xml
	@$(BIN)/python tools/flink/cluster.py lock

.PHONY: test-flink
test-flink: $(READY)  ## the pipeline on a real Flink cluster of this machine, beside the run in process (minutes)
	FARELITE_FLINK_TESTS=1 $(BIN)/pytest -q -m e2e tests/e2e/test_flink.py tests/e2e/test_flink_workers.py $(ARGS)

.PHONY: prove-flink
prove-flink: $(READY)  ## a TaskManager or a Python worker killed in the middle of Transform, twenty times (ARGS="--kills 4")
	@PYTHONPATH=.:benchmarks $(BIN)/python -W ignore tests/proofs/prove_flink.py $(ARGS)

.PHONY: bench-flink
bench-flink: $(READY)  ## 1, 4 and 16 million rows in process, multi-process and on Flink: speed, memory (ARGS="--set data.source=...")
	@PYTHONPATH=. $(BIN)/python -W ignore benchmarks/flink_rows.py $(ARGS)
