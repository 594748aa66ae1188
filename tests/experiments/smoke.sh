#!/bin/sh
# smoke.sh PNLP SOURCE: the rules of the Makefile, run on a few rows of the sample with one epoch, give every run of every
# table that the program knows, with its line in results.jsonl; nothing is made twice; a changed option makes its runs anew.
set -eu
pnlp=$1 source=$2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pnlp-experiments.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() { echo "smoke.sh: $*" >&2; exit 1; }

for set in mtop/en mtop/th snips imdb ag_news hyperpartisan; do
  mkdir -p "data/$set"
  for part in train:90 dev:30; do
    file=data/$set/${part%:*}.jsonl
    head -n "${part#*:}" "$source/testdata/sample/${part%:*}.jsonl" >"$file"
    case $set in imdb | ag_news | hyperpartisan) sed -i 's/, "spans": .*/}/' "$file" ;; esac
  done
done
printf 'epochs = 1\nbottleneck = 8\nhidden = 8\nlayers = 1\nchannel-rows = 32\nngram-weights = 2000\n' >small.conf

experiments() {
  make -s -j2 -C "$source/tests/experiments" PNLP="$pnlp" DATA="$scratch/data" OUT="$scratch/out" CONFIG="$scratch/small.conf" \
    SKIP_UNKNOWN=1 THREADS=1 LANGUAGES='en th' EXAMPLES='10 all' FOLDS=2 PEERS= SEEDS=1 "$@"
}
lines() { wc -l <"out/results.jsonl"; }

# With sanitizers a few of them must do.
tables='table1 table2 table3 table4 table5 table7 sets ablation size examples hyperpartisan' least=60
[ -z "${SANITIZED:-}" ] || tables='table1 ablation size examples hyperpartisan' least=25

# shellcheck disable=SC2086  # words are targets
experiments $tables >shown 2>said || { cat said >&2; fail "make fails"; }
runs=$(find out/runs -name run.json | wc -l)
[ "$runs" -ge $least ] || fail "only $runs runs"
[ "$(lines)" -eq "$runs" ] || fail "$(lines) lines of results for $runs runs"
for table in $tables; do
  [ -s "out/$table.md" ] || fail "there is no $table.md"
done
# Every recipe of the ablation stands in its table, or among those that the program does not know.
for recipe in default no-crf no-channels no-prefix with-mixer; do
  grep -q "mtop-en[ /|]*$recipe\b" out/ablation.md || fail "ablation.md has no $recipe"
done
grep -q '| hyperpartisan | pnlp | 1 | [0-9.]* |' out/hyperpartisan.md || fail "$(cat out/hyperpartisan.md)"
[ "$(cat out/data/hyperpartisan.fold*/dev.jsonl | sort)" = "$(cat data/hyperpartisan/*.jsonl | sort)" ] ||
  fail "the folds are not the records"
for figure in size examples; do
  python3 -c 'import sys, xml.dom.minidom as dom
assert len(dom.parse(sys.argv[1]).getElementsByTagName("circle")) >= 2' "out/$figure.svg" || fail "$figure.svg"
done
python3 - out/results.jsonl <<'END' || fail "a line of results"
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    run = json.loads(line)
    assert run["version"].startswith("pnlp ") and run["bytes"] > 0 and run["seconds"] > 0 and run["rows"] > 0, run
    assert run["set"] and run["recipe"] and run["seed"] == 1 and "-t chars" in run["options"], run
    assert 0 <= run["metrics"]["accuracy"] <= 1, run
END

cp -r out first
# shellcheck disable=SC2086
experiments $tables keep-figures FIGURES="$scratch/figures" >again 2>said || { cat said >&2; fail "make fails the second time"; }
diff -r first out >&2 || fail "the second time other files come out"
[ "$(lines)" -eq "$runs" ] || fail "runs were repeated"
cmp figures/size.svg out/size.svg || fail "the figures were not kept"

experiments table1 SEEDS='1 2' >two 2>said || { cat said >&2; fail "make fails with two seeds"; }
grep -q '| mtop-en | base | 2 | [0-9.]* ± [0-9.]* |' two || fail "$(cat two)"
before=$(lines)
rm out/runs/mtop-en/base/2/run.json
experiments table1 SEEDS='1 2' EPOCHS= >two 2>said || { cat said >&2; fail "make fails"; }
[ "$(lines)" -eq $((before + 1)) ] || fail "one run was asked for"
before=$(lines)
sed -i 's/hidden = 8/hidden = 9/' small.conf
experiments table1 EPOCHS=2 >two 2>said || { cat said >&2; fail "make fails with other epochs"; }
[ "$(lines)" -gt "$before" ] || fail "other epochs gave no other runs"
