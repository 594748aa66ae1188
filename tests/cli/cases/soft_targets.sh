# What models say is a training file: of several models it teaches as --teacher does. Bad targets are named.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --channel-rows 256 --feature-size 256"
want 0 pnlp train -q $small --epochs 8 --seed 2 --dev "$DEV" -o other.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp predict -m "$MODEL" -m other.pnlp --scores "$TRAIN" >soft.jsonl
lines soft.jsonl "$(wc -l <"$TRAIN")"
want 0 pnlp predict -m "$MODEL" -m other.pnlp --scores --threads 3 "$TRAIN" >three.jsonl
same soft.jsonl three.jsonl
learn="$small --epochs 8 --slot-substitution 0 --dev $DEV"
want 0 pnlp train -q $learn --teacher "$MODEL" --teacher other.pnlp --teacher-weight 1 -o taught.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q $learn --soft-targets prediction -o soft.pnlp soft.jsonl
want 0 pnlp train -q $learn -o gold.pnlp "$TRAIN" 2>/dev/null
for model in taught soft gold; do
  pnlp predict -m $model.pnlp --scores "$DEV" >$model.dev
done
# Mean distance of all probabilities of tags: the two that were taught are near each other, gold is not.
distance() {
  python3 - "$1" "$2" <<'EOF'
import json, sys
def rows(path):
    for line in open(path, encoding="utf-8"):
        prediction = json.loads(line)["prediction"]
        yield prediction.get("scores", {})
        yield from prediction.get("tag_scores", [])
pairs = list(zip(rows(sys.argv[1]), rows(sys.argv[2]), strict=True))
print(sum(abs(a.get(k, 0) - b.get(k, 0)) for a, b in pairs for k in a.keys() | b.keys()) / len(pairs))
EOF
}
near=$(distance taught.dev soft.dev) far=$(distance taught.dev gold.dev)
python3 -c "exit(not 10 * $near < $far)" || fail "distances $near and $far"

# By field names, and by changing the records, the same targets give the same model.
python3 -c '
import json, sys
for line in open("soft.jsonl", encoding="utf-8"):
    record = json.loads(line)
    said = record.pop("prediction")
    record["label"], record["tags"] = said["scores"], said["tag_scores"]
    print(json.dumps(record, ensure_ascii=False))
' >plain.jsonl
want 0 pnlp train -q $learn -o plain.pnlp plain.jsonl
same soft.pnlp plain.pnlp
want 0 pnlp train -q $small --epochs 1 --label-field prediction.scores --tags-field prediction.tag_scores -o a.pnlp soft.jsonl
want 0 pnlp train -q $small --epochs 1 -o b.pnlp plain.jsonl
same a.pnlp b.pnlp
# Gold records beside them; and they are gold for eval, by what is most probable.
want 0 pnlp train -q $learn --soft-targets prediction -o both.pnlp "$TRAIN" soft.jsonl 2>/dev/null
cmp -s both.pnlp soft.pnlp && fail "gold records changed nothing"
want 0 pnlp eval -m taught.pnlp --json plain.jsonl >eval.json
grep -q '"exact"' eval.json || fail "$(cat eval.json)"

want 2 pnlp train $small --soft-targets said -o m.pnlp soft.jsonl 2>err
grep -q 'no training record has probabilities in the field "said"' err || fail "$(cat err)"
want 2 pnlp project -o m.pnf plain.jsonl 2>err
grep -q 'plain.jsonl:1: the record has probabilities of tags, which a feature stream cannot hold' err || fail "$(cat err)"
pnlp project -o train.pnf "$TRAIN"
want 2 pnlp train $small --soft-targets said -o m.pnlp train.pnf 2>err
grep -q -- '--soft-targets makes no sense with a feature stream' err || fail "$(cat err)"
printf '{"text":"a b","label":{"x":1,"y":-1}}\n' >bad.jsonl
want 2 pnlp train $small -o m.pnlp bad.jsonl 2>err
grep -q 'bad.jsonl:1: the probability of label "y" is -1' err || fail "$(cat err)"
printf '{"text":"a b","tags":[{"O":1}]}\n' >bad.jsonl
want 2 pnlp train $small -o m.pnlp bad.jsonl 2>err
grep -q 'bad.jsonl:1: the text has 2 words, but there are probabilities of tags for 1' err || fail "$(cat err)"
want 2 pnlp eval -m other.pnlp bad.jsonl 2>err
grep -q 'bad.jsonl:1: the text has 2 words, but there are probabilities of tags for 1' err || fail "$(cat err)"
want 2 pnlp project -o m.pnf bad.jsonl 2>err
grep -q 'bad.jsonl:1: the record has probabilities of tags, which a feature stream cannot hold' err || fail "$(cat err)"
# To predict nobody needs them, but a record that contradicts itself is malformed.
printf '{"text":"a b"}\n' >text.jsonl
for models in "-m other.pnlp" "-m other.pnlp -m taught.pnlp"; do
  pnlp predict $models text.jsonl >wanted || fail "no prediction"
  want 0 pnlp predict $models bad.jsonl >out
  grep -q '^{"text":"a b","tags":\[{"O":1}\],"prediction":' out || fail "$(cat out)"
  same <(predictions out) <(predictions wanted)
done
printf '{"text":"a b","tokens":["a","b"],"tags":[{"O":1}]}\n' >bad.jsonl
want 2 pnlp predict -m other.pnlp bad.jsonl 2>err
grep -q 'bad.jsonl:1: 2 tokens, but probabilities of tags for 1' err || fail "$(cat err)"
# Models that do not fit each other.
renamed "$TRAIN" >renamed.jsonl
want 0 pnlp train -q $small --epochs 1 -o renamed.pnlp renamed.jsonl 2>/dev/null
want 2 pnlp predict -m other.pnlp -m renamed.pnlp "$DEV" >out 2>err
empty out
grep -q 'the labels of renamed.pnlp are not those of other.pnlp; only in renamed.pnlp: x_' err || fail "$(cat err)"
want 0 pnlp train -q $small --epochs 1 --hashes 32 -o few.pnlp "$TRAIN" 2>/dev/null
want 2 pnlp predict -m other.pnlp -m few.pnlp "$DEV" >out 2>err
grep -q 'few.pnlp does not read the features of other.pnlp: 32 hashes against 64' err || fail "$(cat err)"
want 2 pnlp train $small --teacher other.pnlp --teacher few.pnlp -o m.pnlp "$TRAIN" 2>err
grep -q 'the teacher few.pnlp does not read the features of these records: 32 hashes against 64' err || fail "$(cat err)"
