# farelite as an image: the way in where TFX has no wheels, and the image of every step on Kubeflow Pipelines.
#
#   docker build -t farelite .
#   docker build --build-arg BASE=python:3.13-slim-trixie@sha256:... -t REGISTRY/farelite .      for a cluster
#
# BASE must be a Debian or Ubuntu with Python and pip; its Python chooses the line of TFX: 3.11 to 3.13 want Debian 13
# or Ubuntu 24.04. A tag names another image tomorrow, so a cluster's is built on a digest. The push prints the digest
# that `farelite kubeflow compile --image` wants.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
# Some of the locked packages come as C or C++ sources.
RUN apt-get update && apt-get install -y --no-install-recommends gcc g++ libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python3 -m pip install --no-cache-dir --target /opt/uv uv==0.13.9
ENV PATH=/opt/uv/bin:$PATH UV_PROJECT_ENVIRONMENT=/opt/farelite UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /src
# In two steps: as long as the lock stays, so do the layers with the libraries.
COPY pyproject.toml uv.lock setup.py README.md ./
RUN uv sync --frozen --no-dev --extra kubeflow --extra micro --no-install-project
COPY data data
COPY transforms transforms
COPY components components
COPY pipeline pipeline
COPY farelite.py ./
RUN uv sync --frozen --no-dev --extra kubeflow --extra micro --no-editable

FROM ${BASE}
# LightGBM's wheel brings no OpenMP. Whoever `docker run --user` names may write to the home too.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 farelite && useradd --uid 10001 --gid 10001 --create-home farelite \
  && chmod 1777 /home/farelite && mkdir -m 1777 /work
COPY --from=build /opt/farelite /opt/farelite
# `python` is the environment's, as the compiled specification's commands want it.
ENV PATH=/opt/farelite/bin:$PATH HOME=/home/farelite TF_USE_LEGACY_KERAS=1 TF_CPP_MIN_LOG_LEVEL=2 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /work
CMD ["farelite", "doctor"]
