#!/bin/sh
# Trains with the default recipe on real data sets and measures on their dev files: the figures of BENCHMARKS.md.
# Every run appends a line to OUT/results.jsonl: set, preset, seed, seconds, peak memory, bytes of the model, metrics.
set -eu

usage() {
  cat <<'END'
usage: tests/bench/quality.sh [--pnlp PROGRAM] [--out FOLDER] [--presets "NAME..."] [--seeds "N..."] DATA SET...

  DATA                a folder that holds SET/train.jsonl and SET/dev.jsonl
  SET                 such as mtop/en, snips, imdb
  --pnlp PROGRAM      the program [build/release/cmd/pnlp]
  --out FOLDER        where models and results go [build/quality]
  --presets "NAME..." [megabyte xsmall base]
  --seeds "N..."      [1 2 3]
  --threads N         [2]

Needs GNU time (package time) and jq.
END
}

pnlp=build/release/cmd/pnlp out=build/quality presets='megabyte xsmall base' seeds='1 2 3' threads=2
while [ $# -gt 0 ]; do
  case $1 in
    --pnlp) pnlp=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --presets) presets=$2; shift 2 ;;
    --seeds) seeds=$2; shift 2 ;;
    --threads) threads=$2; shift 2 ;;
    --help) usage; exit 0 ;;
    -*) echo "quality.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -ge 2 ] || { usage >&2; exit 2; }
data=$1
shift

mkdir -p "$out"
for set in "$@"; do
  for preset in $presets; do
    for seed in $seeds; do
      name=$(echo "$set" | tr / -)-$preset-$seed
      /usr/bin/time -f '{"seconds":%e,"user":%U,"kilobytes":%M}' -o "$out/$name.time" \
        "$pnlp" train -q --preset "$preset" --seed "$seed" --threads "$threads" --overlapping-spans keep-longest \
        --dev "$data/$set/dev.jsonl" -o "$out/$name.pnlp" "$data/$set/train.jsonl"
      "$pnlp" eval -m "$out/$name.pnlp" --json --overlapping-spans keep-longest --unknown-labels wrong \
        "$data/$set/dev.jsonl" >"$out/$name.json"
      jq -c --arg set "$set" --arg preset "$preset" --argjson seed "$seed" \
        --argjson bytes "$(stat -c %s "$out/$name.pnlp")" --slurpfile run "$out/$name.time" \
        '{set: $set, preset: $preset, seed: $seed, bytes: $bytes} + $run[0] + {metrics: .metrics}' \
        "$out/$name.json" | tee -a "$out/results.jsonl"
    done
  done
done
