#!/bin/sh
# compare_test.sh PNLP SOURCE: rows of compare.sh that need no package beyond those of the tests, on a few rows of the sample,
# give a table and objects that agree; what makes no sense is refused.
set -eu
pnlp=$1 source=$2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pnlp-compare.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() { echo "compare_test.sh: $*" >&2; exit 1; }

for set in mtop/en ag_news; do
  mkdir -p "data/$set"
  head -n 60 "$source/testdata/sample/train.jsonl" >"data/$set/train.jsonl"
  head -n 20 "$source/testdata/sample/dev.jsonl" >"data/$set/dev.jsonl"
done
compare() {
  "$source/tests/bench/compare.sh" --pnlp "$pnlp" --work work --rows 300 --runs 1 --epochs 1 --train-epochs 2 --preset xsmall \
    --json seen "$@" data
}

rows='predict-fp32 memory threads-predict'
[ -n "${SANITIZED:-}" ] || rows="$rows long threads-train"
if command -v spm_train >/dev/null; then rows="$rows project-spm project-chars"; fi
# shellcheck disable=SC2046,SC2086  # words are names
compare $(printf -- '--only %s ' $rows) >table 2>said || { cat said >&2; fail "compare.sh fails"; }
for row in $rows; do
  [ "$(grep -c "^| $row | .* | \(aim\|must\|missed\) | [^|]* |$" table)" -eq 1 ] || fail "no row $row: $(cat table)"
done
python3 - "$rows" <<'END' || fail "$(cat seen)"
import json, sys
seen = {row["row"]: row for row in map(json.loads, open("seen", encoding="utf-8"))}
assert sorted(seen) == sorted(sys.argv[1].split()), sorted(seen)
for name, row in seen.items():
    assert row["pnlp"].startswith("pnlp ") and row["cores"] > 0 and row["ours"]["cpu"] > 0, row
    if row["unit"] == "times":
        assert abs(row["value"] - row["ratio"]) < 1e-3 * row["ratio"] + 1e-3, row
        assert abs(row["ratio"] * row["ours"]["wall"] - row["peer"]["wall"]) < 0.01 * row["peer"]["wall"] + 1e-3, row
    less = row["must"] > row["aim"]
    met = [row["value"] <= row[goal] if less else row["value"] >= row[goal] for goal in ("aim", "must")]
    assert row["reached"] == ("aim" if met[0] else "must" if met[1] else "missed"), row
assert 5 < seen["memory"]["value"] < 1000
END

compare --only nothing >table 2>said && fail "an unknown row is taken"
grep -q "there is no row 'nothing'; there are: predict-fp32" said || fail "$(cat said)"
compare --only train-torch >table 2>said && fail "another preset is compared with PyTorch's"
: >bad
rm -r work
"$source/tests/bench/compare.sh" --pnlp "$pnlp" --work work --rows 30 --runs 1 --only memory bad >table 2>said && fail "no data is enough"
grep -q "compare.sh: memory: .*bad/mtop/en/train.jsonl" said || fail "$(cat said)"
