# One model of several files, a language each: its labels and slots are those of all, and teachers that lack some are named.
. "$CLI/lib.sh"
python3 - "$SAMPLE/train.jsonl" <<'EOF'
import json, sys
names = {}
with open(sys.argv[1], encoding="utf-8") as file:
    rows = [json.loads(line) for line in file]
languages = sorted({row["lang"] for row in rows})
assert len(languages) > 1, languages
for number, language in enumerate(languages):
    own = [row for row in rows if row["lang"] == language][:150]
    own[0]["label"] = "only_" + language  # one that no other file has
    own[1]["spans"] = [{"start": 0, "end": 1 if own[1]["text"][0] < "\x7f" else 3, "label": "slot_" + language}]
    with open("train-%d.jsonl" % number, "w", encoding="utf-8") as out:
        for row in own:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
EOF
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --channel-rows 256 --feature-size 256 --epochs 1"
want 0 pnlp train -q $small --dev "$DEV" -o whole.pnlp train-*.jsonl 2>/dev/null
cat train-*.jsonl >one.jsonl
want 0 pnlp train -q $small --dev "$DEV" -o one.pnlp one.jsonl 2>/dev/null
same whole.pnlp one.pnlp
pnlp info whole.pnlp >info
for language in $(grep -ho '"label": "only_[a-z]*' train-*.jsonl | sed 's/.*only_//'); do
  grep -q "^labels.*only_$language" info || fail "no label of $language"
  grep -q "^slots.*slot_$language" info || fail "no slot of $language"
done
want 0 pnlp train -q $small --dev "$DEV" --teacher whole.pnlp -o student.pnlp train-*.jsonl 2>/dev/null
want 0 pnlp train -q $small --dev "$DEV" -o part.pnlp train-0.jsonl 2>/dev/null
want 2 pnlp train -q $small --dev "$DEV" --teacher whole.pnlp --teacher part.pnlp -o m.pnlp train-*.jsonl 2>err
grep -q 'the labels of the teacher part.pnlp are not those of the training records; only in the teacher part.pnlp: none; only in the training records: ' err ||
  fail "$(cat err)"
