# Word n-grams beside the network: trained, shown, quantized, streamed, and learned from.
. "$CLI/lib.sh"
shape="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --channel-rows 256 --feature-size 256 --task label"
small="$shape --dev $DEV"
ngrams="--word-ngrams 2 --ngram-weights 20000 --ngram-drop 0.3"
want 0 pnlp train -q $small $ngrams --epochs 2 --threads 1 -o m.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q $small $ngrams --epochs 2 --threads 3 -o three.pnlp "$TRAIN" 2>/dev/null
same m.pnlp three.pnlp
want 0 pnlp project -q -o train.pnf "$TRAIN"
want 0 pnlp project -q -o dev.pnf "$DEV"
want 0 pnlp train -q $shape $ngrams --dev dev.pnf --epochs 2 -o stream.pnlp train.pnf 2>/dev/null
same m.pnlp stream.pnlp
want 0 pnlp predict -m m.pnlp --scores "$DEV" >records
want 0 pnlp predict -m m.pnlp --scores --threads 3 "$DEV" >threads
same records threads
[ "$(od -An -tu4 -j8 -N4 m.pnlp)" -eq 4 ] || fail "another version"
want 0 pnlp info --json m.pnlp >info.json
grep -q '"name":"ngrams.table"' info.json || fail "$(cat info.json)"
pnlp info m.pnlp | grep -q '^word_ngrams  *2$' || fail "$(pnlp info m.pnlp)"
want 0 pnlp quantize -q -o small.pnlp m.pnlp
want 0 pnlp predict -m small.pnlp "$DEV" >small.jsonl
# What n-grams are for: without them, the same network knows less.
want 0 pnlp train -q $small --epochs 2 -o without.pnlp "$TRAIN" 2>/dev/null
accuracy() { pnlp eval --json -m "$1" "$DEV" | python3 -c 'import json,sys; m=json.load(sys.stdin)["metrics"]["accuracy"]; print(m["value"] if isinstance(m, dict) else m)'; }
python3 -c "import sys; sys.exit(not $(accuracy m.pnlp) > $(accuracy without.pnlp))" || fail "no better with n-grams"
want 0 pnlp train -q $small --epochs 1 --teacher m.pnlp -o taught.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp train -q --dev "$DEV" --task label --epochs 1 --init m.pnlp -o on.pnlp "$TRAIN" 2>/dev/null
pnlp info on.pnlp | grep -q '^word_ngrams  *2$' || fail "$(pnlp info on.pnlp)"
