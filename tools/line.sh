#!/bin/sh
# Prints the Pythons for this system, as uv takes them, and says on stderr which line of TFX that makes and why.
# FARELITE_PYTHON asks for one of them, such as 3.12. What cannot work is told here, before anything is fetched.
set -eu
wish=${FARELITE_PYTHON:-}
system="$(uname -s) $(uname -m)"
container="the container runs wherever Docker does (README, \"In a container\")"

stop() { echo "farelite cannot be installed here: $1" >&2; exit 2; }

case $system in
  "Linux x86_64")
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || stop "no glibc (musl, as on Alpine?), and TFX has wheels for no other C library; $container"
    glibc=${glibc##* }
    if [ "${glibc%%.*}" -gt 2 ] || [ "$(echo "$glibc" | cut -d. -f2)" -ge 39 ]; then
      line=new why="glibc $glibc is 2.39 or newer"
    else
      line=old why="glibc $glibc is older than the 2.39 that TFX 1.21 is built for"
    fi ;;
  "Darwin arm64") line=new why="macOS on arm64" ;;
  Darwin*) stop "$system, an Intel Mac or a shell under Rosetta, and TFX has wheels for macOS on arm64 alone; $container" ;;
  MINGW*|MSYS*|CYGWIN*) stop "Windows ($system), and TFX has no wheels for it; work in WSL 2 (\`wsl --install -d Debian\`), which is Linux" ;;
  *) stop "$system, and TFX has wheels for Linux on x86-64 and macOS on arm64 alone; $container" ;;
esac

case $wish in
  "") ;;
  3.10|3.10.*)
    [ "$system" != "Darwin arm64" ] || stop "Python $wish wants TFX 1.16, which has no wheels for macOS on arm64; take 3.11, 3.12 or 3.13"
    line=old why="Python $wish was asked for" ;;
  3.11|3.12|3.13|3.11.*|3.12.*|3.13.*)
    [ $line = new ] || stop "Python $wish wants TFX 1.21, and $why; take Python 3.10, a newer system, or a container: $container"
    why="$why, and Python $wish was asked for" ;;
  *) stop "FARELITE_PYTHON is $wish; TFX has wheels for 3.10, 3.11, 3.12 and 3.13" ;;
esac

if [ $line = new ]; then
  echo "Python 3.11 to 3.13 with TFX 1.21: $why" >&2
  echo "${wish:->=3.11,<3.14}"
else
  echo "Python 3.10 with TFX 1.16: $why" >&2
  echo "${wish:-3.10}"
fi
