#!/bin/sh
# Prints the path of a working uv: the private one in .tools/, else the one on PATH, else one fetched by pip
# into .tools/. Called with the checkout as working directory. Every candidate is tried, not only looked up: under
# pyenv a shim can be found and still refuse to run because of a .python-version.
set -eu
private=.tools/uv/bin/uv

works() { "$@" --version >/dev/null 2>&1; }

if works "$private"; then echo "$private"; exit 0; fi
if works uv; then command -v uv; exit 0; fi

has_pip() { (cd / && "$@" -m pip --version) >/dev/null 2>&1; }
for python in python3 python3.13 python3.12 python3.11 python3.10 python3.9 /usr/bin/python3; do
  for version in "${PYENV_VERSION:-}" system; do
    if has_pip env PYENV_VERSION="$version" "$python"; then
      echo "fetching uv into .tools/ with $python" >&2
      target=$(pwd)/.tools/uv
      mkdir -p "$target"
      (cd / && env PYENV_VERSION="$version" PIP_ROOT_USER_ACTION=ignore \
        "$python" -m pip install --quiet --upgrade --target "$target" uv >&2)
      works "$private" && { echo "$private"; exit 0; }
    fi
  done
done
echo "farelite needs uv and found neither it nor a python3 (3.9 to 3.13) with pip to fetch it." >&2
echo "Install one of them: 'apt-get install python3-pip', or uv itself from https://docs.astral.sh/uv/." >&2
exit 2
