#!/bin/sh
# Peak memory of project, info and predict over streams of growing length: it must not grow with them.
# usage: tests/bench/memory.sh [PNLP [MODEL [RECORDS...]]]      needs GNU time (package time)
set -eu
pnlp=${1:-build/release/cmd/pnlp} model=${2:-testdata/sample/sample.pnlp}
[ $# -ge 2 ] && shift 2 || shift $#
[ $# -gt 0 ] || set -- 100000 1000000 10000000

measure() { # NAME RECORDS COMMAND...: the peak of COMMAND's own process
  name=$1 records=$2
  shift 2
  /usr/bin/time -f "$name $records records: %M KB, %e s" "$@" >/dev/null
}
texts() { # distinct texts, so that caches fill: a number in each
  seq "$1" | sed 's/.*/{"text":"wake me at & past seven, room &"}/'
}
for records; do
  texts "$records" | measure project "$records" "$pnlp" project --force
  texts "$records" | "$pnlp" project | measure info "$records" "$pnlp" info -
  texts "$records" | measure predict "$records" "$pnlp" predict -m "$model"
done
