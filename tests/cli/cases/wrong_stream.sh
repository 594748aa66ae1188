# A stream that was made with another projection or tokenizer than the model's.
. "$CLI/lib.sh"
pnlp project --hashes 32 -o hashes.pnf "$DEV"
pnlp project --hash-seed 1 -o seed.pnf "$DEV"
pnlp tokenize --learn --vocabulary 400 -o units.spm "$TRAIN" || fail "nothing was learnt"
pnlp project -t spm:units.spm -o units.pnf "$DEV"
for name in hashes seed units; do
  want 2 pnlp predict -m "$MODEL" $name.pnf >out 2>err
  empty out
  grep -q "^pnlp predict: $name.pnf: " err || fail "$(cat err)"
  want 2 pnlp train -q --init "$MODEL" -o m.pnlp $name.pnf 2>err
done
cat hashes.pnf seed.pnf >both.pnf
want 2 pnlp info both.pnf 2>err
pnlp tokenize -t spm:units.spm "$DEV" >units.jsonl
want 2 pnlp project units.jsonl >out 2>err
grep -q '^pnlp project: units.jsonl:1: ' err || fail "$(cat err)"
want 0 pnlp project -t spm:units.spm units.jsonl >tokenized.pnf
pnlp info tokenized.pnf >/dev/null
same units.pnf tokenized.pnf
