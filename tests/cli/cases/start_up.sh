# A prediction that does not need oneDNN does not load it. And a model whose WordPiece vocabulary is ready
# to be used predicts as one whose vocabulary is made from its text.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --channel-rows 256 --feature-size 256 --epochs 1 --dev $DEV"
vocabulary="wordpiece:$CLI/../../testdata/tokenizer/wordpiece.txt"
want 0 pnlp train -q $small -t "$vocabulary" --weights fp32 -o whole.pnlp "$TRAIN" 2>/dev/null
want 0 pnlp quantize -q -o small.pnlp whole.pnlp
head -n 1 "$DEV" >one.jsonl
for model in whole.pnlp small.pnlp; do
  [ "$(od -An -tu4 -j8 -N4 $model)" -eq 5 ] || fail "another version"
  want 0 env LD_DEBUG=files pnlp predict -m $model --threads 2 one.jsonl >out 2>loaded
  lines out 1
  grep -q 'libstdc++' loaded || fail "the loader tells nothing"
  [ -n "${SANITIZED:-}" ] || ! grep -q 'libdnnl' loaded || fail "$model: prediction loads oneDNN"  # bound from the start there
  want 0 pnlp predict -m $model --threads 1 "$DEV" >text
  want 0 pnlp project -t "$vocabulary" "$DEV" >dev.pnf
  want 0 pnlp predict -m $model --threads 3 dev.pnf >stream
  predictions text >a
  predictions stream >b
  same a b
done
want 0 env LD_DEBUG=files pnlp train -q $small -o m.pnlp "$TRAIN" 2>loaded
grep -q 'libdnnl' loaded || fail "training does without oneDNN"
