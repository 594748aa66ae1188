#!/bin/sh
# From a fresh clone on Debian 12 to a trained model that labels text: installs packages, builds, trains on
# the sample of testdata/sample, labels a file, evaluates it, and shows what came out. Takes a few minutes.
set -eu
cd "$(dirname "$0")"

begun=$(date +%s)
say() { printf '\n\033[1m== %s\033[0m  (%s s)\n' "$*" "$(($(date +%s) - begun))"; }
run() { printf '$ %s\n' "$*"; "$@"; }
[ -t 1 ] || say() { printf '\n== %s  (%s s)\n' "$*" "$(($(date +%s) - begun))"; }

sample=testdata/sample
out=build/quickstart
pnlp=$out/cmd/pnlp

say "Packages"
.ci/install build show

say "Build"
cmake -G Ninja -S . -B $out -DCMAKE_BUILD_TYPE=Release -DPNLP_TESTS=OFF >/dev/null
cmake --build $out -j "$(nproc)" --target pnlp_program

say "Train: one intent a request, and its slots, from 4,000 requests in English, German and Japanese"
run $pnlp train -o $out/sample.pnlp --dev $sample/dev.jsonl $sample/train.jsonl
ls -l $out/sample.pnlp | awk '{ printf "%s: %d bytes\n", $NF, $5 }'

say "Label: 700 requests, none of them phrased like one of the training set"
printf '$ %s predict -m %s %s > %s\n' $pnlp $out/sample.pnlp $sample/test.jsonl $out/labelled.jsonl
$pnlp predict -m $out/sample.pnlp $sample/test.jsonl >$out/labelled.jsonl
shuf -n 12 --random-source=$sample/test.jsonl $out/labelled.jsonl | $sample/show.py

say "Evaluate"
run $pnlp eval -p $out/labelled.jsonl $sample/test.jsonl

say "Your turn"
printf '$ echo "wake me at seven tomorrow" | %s predict -m %s\n' $pnlp $out/sample.pnlp
echo 'wake me at seven tomorrow' | $pnlp predict -m $out/sample.pnlp
printf '\nTo train on data of your own: man/pnlp-train.1, and README.md.\n'
