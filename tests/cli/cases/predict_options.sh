# --top, --scores, --min-score, --tsv, --into.
. "$CLI/lib.sh"
head -n 40 "$DEV" >in.jsonl
pnlp predict -m "$MODEL" --scores --top 3 in.jsonl >out
predictions out | python3 -c '
import json, sys
for line in sys.stdin:
    p = json.loads(line)
    assert abs(sum(p["scores"].values()) - 1) < 1e-5, p
    assert [t["label"] for t in p["top"]][0] == p["label"], p
    assert len(p["top"]) == 3 and p["top"][0]["score"] == p["score"], p
    others = [score for label, score in p["scores"].items() if label != p["label"]]
    assert sorted(others, reverse=True)[:2] == [t["score"] for t in p["top"]][1:], p
    assert p["scores"][p["label"]] == p["score"], p
' || fail "scores"
pnlp predict -m "$MODEL" --min-score 1 in.jsonl | predictions - >none
[ "$(grep -c '"label":null' none)" -eq 40 ] || fail "$(head -n 3 none)"
pnlp predict -m "$MODEL" --tsv in.jsonl >out.tsv
lines out.tsv 41
[ "$(head -n 1 out.tsv)" = "$(printf 'id\tlabel\tscore\tspans\ttext')" ] || fail "$(head -n 1 out.tsv)"
awk -F '\t' 'NF != 5 { exit 1 }' out.tsv || fail "columns"
want 2 pnlp predict -m "$MODEL" --tsv --into x in.jsonl 2>err
grep -q -- '--into makes no sense with --tsv' err || fail "$(cat err)"
# A stream's records have been read.
want 0 pnlp project -o in.pnf in.jsonl
for option in "--format jsonl" "--label-field topic" "--max-line 100" "--overlapping-spans keep-longest"; do
  want 2 pnlp predict -m "$MODEL" $option in.pnf >out 2>err
  empty out
  grep -q -- "${option% *} makes no sense with a feature stream" err || fail "$(cat err)"
done
want 2 pnlp predict -m "$MODEL" --threshold 0.5 in.jsonl 2>err
