# Every write and the final close are checked.
. "$CLI/lib.sh"
for command in "tokenize $DEV" "tokenize --lines $DEV" "project $DEV" "predict -m $MODEL $DEV" \
  "predict -m $MODEL --tsv $DEV" "info $MODEL" "info --json $MODEL" "--help" "--version" "tokenize --help"; do
  pnlp $command >/dev/full 2>err
  status=$?
  [ $status -eq 2 ] || fail "exit status $status: pnlp $command"
  grep -q 'standard output: .*No space left on device' err || fail "pnlp $command: $(cat err)"
done
# One line, held back until the end.
echo wake | want 2 pnlp tokenize -o /dev/full 2>err
grep -q '/dev/full: .*No space left on device' err || fail "$(cat err)"
want 2 pnlp train -q --preset xsmall --hidden 16 --bottleneck 16 --epochs 1 --dev "$DEV" -o /dev/full "$TRAIN" 2>err
want 2 pnlp train -q --preset xsmall --hidden 16 --bottleneck 16 --epochs 1 --dev "$DEV" --log /dev/full -o m.pnlp "$TRAIN" 2>err
grep -q '/dev/full: ' err || fail "$(cat err)"
[ ! -e m.pnlp ] || fail "a model was left"
