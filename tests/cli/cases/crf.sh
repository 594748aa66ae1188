# A model with transitions of tags: trained, shown, quantized, taught from, joined with one without, and continued.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --channel-rows 256 --feature-size 256 --dev $DEV"
want 0 pnlp train -q $small --epochs 3 --threads 1 -o crf.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q $small --epochs 3 --crf --threads 3 -o three.pnlp "$TRAIN" 2>/dev/null
same crf.pnlp three.pnlp
want 0 pnlp info --json crf.pnlp >info.json
grep -q '"crf":true' info.json || fail "$(cat info.json)"
grep -q '"name":"crf.next"' info.json || fail "$(cat info.json)"
want 0 pnlp train -q $small --epochs 1 --no-crf -o plain.pnlp "$TRAIN" 2>/dev/null
pnlp info --json plain.pnlp >info.json
grep -q '"crf":false' info.json || fail "$(cat info.json)"
[ "$(od -An -tu4 -j8 -N4 crf.pnlp)" -eq 4 ] || fail "another version"
[ "$(od -An -tu4 -j8 -N4 plain.pnlp)" -eq 2 ] || fail "another version"
want 0 pnlp quantize -q -o small.pnlp crf.pnlp
for models in "-m crf.pnlp" "-m small.pnlp" "-m crf.pnlp -m small.pnlp"; do
  want 0 pnlp predict $models --scores --threads 1 "$DEV" >one
  want 0 pnlp predict $models --scores --threads 3 "$DEV" >three
  same one three
  # Nothing follows that may not: no text begins inside a slot.
  python3 - one <<'EOF' || fail "$models"
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    before = "O"
    for tag in json.loads(line)["prediction"]["tags"]:
        assert tag[0] != "I" or before[2:] == tag[2:], line
        before = tag
EOF
done
echo | pnlp predict -m crf.pnlp --scores >empty.jsonl
grep -q '"tags":\[\],"spans":\[\]' empty.jsonl || fail "$(cat empty.jsonl)"
want 0 pnlp train -q $small --epochs 1 --no-crf --teacher crf.pnlp -o taught.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q $small --epochs 1 --crf --teacher crf.pnlp --teacher taught.pnlp -o both.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q --dev "$DEV" --epochs 1 --init crf.pnlp -o on.pnlp "$TRAIN" 2>/dev/null
pnlp info on.pnlp | grep -q '^crf  *yes$' || fail "$(pnlp info on.pnlp)"
want 2 pnlp train $small --crf --task label -o m.pnlp "$TRAIN" 2>err
grep -q 'a CRF is for slots, and the task label has none' err || fail "$(cat err)"
