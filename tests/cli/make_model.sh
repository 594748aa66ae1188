#!/bin/bash
# make_model.sh FOLDER_OF_PNLP SOURCE TARGET: a small model for the cases that need one.
set -eu
mkdir -p "$3"
head -n 600 "$2/testdata/sample/train.jsonl" >"$3/train.jsonl"
head -n 100 "$2/testdata/sample/dev.jsonl" >"$3/dev.jsonl"
cd "$3"
"$1/pnlp" train -q --preset xsmall --bottleneck 16 --hidden 32 --layers 1 --channel-rows 256 --feature-size 256 \
  --epochs 2 --dev dev.jsonl -o model.pnlp train.jsonl
