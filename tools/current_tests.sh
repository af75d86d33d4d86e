#!/bin/sh
# What `make test-current` runs in the Debian 13 of tools/current.sh: the main job, the wheel, then all tests.
#
#   sh tools/current_tests.sh                  all of it
#   sh tools/current_tests.sh main             the main job alone
#   sh tools/current_tests.sh wheel            the main job by the wheel in an empty environment, outside any checkout
#   sh tools/current_tests.sh share SEED       one test file in six, drawn by the seed, of the unit tests
set -eu
what=${1:-all}
tests="pytest -q -p no:cacheprovider -n 2 --dist loadfile --no-loadscope-reorder"
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT

main_job() {
  (cd "$aside" && "$1" run --runs-dir "$2" && "$1" verify --runs-dir "$2")
}

case $what in
  all|main) main_job farelite "$aside/runs" ;;
esac
case $what in
  all|wheel)
    uv build --quiet --wheel --out-dir "$aside"
    uv venv --quiet "$aside/empty"
    uv pip install --quiet --python "$aside/empty/bin/python" "$aside"/farelite-*.whl
    main_job "$aside/empty/bin/farelite" "$aside/runs-of-the-wheel" ;;
esac
case $what in
  all) $tests ;;
  share)
    echo "tests drawn by the seed $2" >&2
    # shellcheck disable=SC2046  # the names have no blanks
    $tests -m "not e2e and not slow" $(find tests -name 'test_*.py' ! -path 'tests/e2e/*' | LC_ALL=C sort |
      awk -v seed="$2" 'BEGIN { srand(seed) } rand() < 1 / 6') ;;
esac
