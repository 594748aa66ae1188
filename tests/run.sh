#!/bin/sh
# Installs what the tests need, builds, and runs everything through ctest: as released, then under the
# address and undefined-behaviour sanitizers. Exits 0 only if all of it passed.
set -u
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: tests/run.sh [--coverage] [--tidy] [--fuzz] [--all] [--help]

Without an option: the release build and the sanitizer build, each with all tests.

  --coverage  also: build for coverage, run the tests, fail below 90 % of lib/'s lines
  --tidy      also: clang-tidy over lib/ and cmd/, any warning fails (tests/tidy.py: what is still
              clean is not looked at again)
  --fuzz      also: build the fuzz targets with clang, run each for ten seconds
  --all       all of these
  --help      this text

Packages come from .ci/packages; apt-get is called only when one is missing.
END
}

coverage= tidy= fuzz=
for option in "$@"; do
  case $option in
    --coverage) coverage=1 ;;
    --tidy) tidy=1 ;;
    --fuzz) fuzz=1 ;;
    --all) coverage=1 tidy=1 fuzz=1 ;;
    --help) usage; exit 0 ;;
    *) echo "tests/run.sh: unknown option '$option'" >&2; usage >&2; exit 2 ;;
  esac
done

jobs=$(nproc)
report=
failed=0

note() { printf '\n== %s (%s s)\n' "$*" "$(($(date +%s) - begun))"; }
begun=$(date +%s)

# fail WHAT: remembers a failure and goes on, so that one run shows them all.
fail() {
  failed=1
  report="$report
$1: FAILED"
}

build() {
  note "build: $1"
  launcher=
  command -v ccache >/dev/null && launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  # shellcheck disable=SC2086  # empty, or one word
  cmake --preset "$1" $launcher >"/tmp/pnlp-configure.$$" || {
    cat "/tmp/pnlp-configure.$$"
    rm -f "/tmp/pnlp-configure.$$"
    return 1
  }
  rm -f "/tmp/pnlp-configure.$$"
  cmake --build --preset "$1" -j "$jobs" || return 1
}

check() {
  build "$1" || {
    fail "$1 build"
    return 1
  }
  note "ctest: $1"
  ctest --preset "$1" -j "$jobs" --output-log "build/$1/ctest.log" || fail "$1 tests"
  report="$report
$1: $(sed -n '/tests passed/,$p' "build/$1/ctest.log")"
}

groups="build test${coverage:+ coverage}${tidy:+ tidy}${fuzz:+ fuzz}"
# shellcheck disable=SC2086  # words are groups
.ci/install $groups || exit 2

check release
check sanitize

if [ -n "$coverage" ]; then
  find build/coverage -name '*.gcda' -delete 2>/dev/null
  if check coverage; then
    note "coverage of lib/"
    gcovr -j "$jobs" --root . --filter lib/ --exclude-throw-branches --gcov-ignore-parse-errors --fail-under-line 90 \
      --sort-percentage build/coverage || fail "coverage of lib/ at least 90 %"
  fi
fi

if [ -n "$tidy" ]; then
  note "clang-tidy"
  tests/tidy.py -j "$jobs" || fail "clang-tidy"
fi

if [ -n "$fuzz" ]; then
  if build fuzz; then
    for target in build/fuzz/tests/fuzz/fuzz_*; do
      [ -x "$target" ] && [ -f "$target" ] || continue
      name=${target##*/fuzz_}
      note "fuzz: $name"
      mkdir -p "build/fuzz/corpus/$name"
      "$target" -max_total_time=10 -print_final_stats=0 -verbosity=0 "build/fuzz/corpus/$name" \
        $(test -d "tests/fuzz/corpus/$name" && echo "tests/fuzz/corpus/$name") || fail "fuzz $name"
    done
  else
    fail "fuzz build"
  fi
fi

note "summary"
echo "$report"
exit "$failed"
