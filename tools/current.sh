#!/bin/sh
# Runs a command on this checkout's files in a Debian 13 of its own, with Python 3.13 and the locked environment:
#
#   sh tools/current.sh COMMAND...        without a command it only makes the root ready
#
# The root lies in .tools/debian13 (5 GB), or where FARELITE_CURRENT says. FARELITE_SHARE names a folder that is seen in
# there under the same path. No container engine: debootstrap fills it,
# chroot enters it, and a mount namespace takes the mounts away with the last process. Both want root. Exit code 3: there
# can be no such root here, or the locked environment cannot be installed in it.
set -eu
cd "$(dirname "$0")/.."
root=${FARELITE_CURRENT:-$(pwd)/.tools/debian13}

stop() { echo "$1" >&2; exit 3; }
[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || stop "a Debian 13 root can be made on Linux x86-64 alone; this is $(uname -sm)"
[ "$(id -u)" = 0 ] || stop "chroot and debootstrap want root; run this as root"

# One at a time: the files in there are this call's.
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9

if [ ! -e "$root/.made" ]; then
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null; } ||
    stop "no debootstrap here, and it cannot be installed: 'apt-get install debootstrap'"
  echo "making a Debian 13 in $root (two minutes, once)" >&2
  rm -rf "$root.part"
  # A compiler and Python's headers: some of the locked packages come as C sources.
  debootstrap --variant=minbase \
    --include=ca-certificates,gcc,g++,git,libc6-dev,libgomp1,make,procps,python3,python3-dev,python3-venv \
    trixie "$root.part" >"$root.log" 2>&1 || stop "debootstrap failed; its log: $root.log"
  touch "$root.part/.made"
  rm -rf "$root"
  mv "$root.part" "$root"
fi

# This machine's names and certificates, so that the registries are reached as they are from here.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp "$(sh tools/uv.sh)" "$root/usr/local/bin/uv"

# A copy of the files: what runs in there leaves nothing in the checkout.
rm -rf "$root/src" "$root"/tmp/*
mkdir -p "$root/src"
git ls-files -z --cached --others --exclude-standard --deduplicate |
  tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read | tar --extract --directory "$root/src"
# Some tests ask git which files there are.
git -C "$root/src" init --quiet && git -C "$root/src" add --all

# A PATH of its own: what it names is in there.
exec unshare --mount --fork sh -euc '
  root=$1; share=$2; shift 2
  mount --make-rprivate /
  [ -z "$share" ] || { mkdir -p "$root$share"; mount --bind "$share" "$root$share"; }
  for folder in dev proc sys; do mount --rbind "/$folder" "$root/$folder"; done
  exec env PATH=/opt/farelite/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root \
    UV_PROJECT_ENVIRONMENT=/opt/farelite UV_PYTHON=/usr/bin/python3.13 UV_PYTHON_DOWNLOADS=never \
    TF_USE_LEGACY_KERAS=1 TF_CPP_MIN_LOG_LEVEL=2 \
    chroot "$root" sh -euc "cd /src && { uv sync --frozen --quiet --all-extras || exit 3; } && exec \"\$@\"" current "$@"
' current "$root" "${FARELITE_SHARE:-}" "${@:-true}"
