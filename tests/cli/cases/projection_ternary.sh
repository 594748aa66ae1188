# The projection ternary in every command.
. "$CLI/lib.sh"
projection_works ternary --projection ternary --hashes 100
for option in "--ngram 2" "--lowercase"; do
  want 2 pnlp project --projection ternary $option "$DEV" >out 2>err
  empty out
  grep -q -- "${option% *} makes no sense with the projection ternary" err || fail "$(cat err)"
done
want 2 pnlp train --projection ternary --feature-size 64 -o m.pnlp "$TRAIN" 2>err
grep -q -- "--feature-size makes no sense with the projection ternary.*512 numbers; --hashes says how many" err ||
  fail "$(cat err)"
want 2 pnlp train --feature-size 64 -o m.pnlp train.pnf 2>err
grep -q -- "--feature-size makes no sense" err || fail "$(cat err)"
want 2 pnlp train --init 1.pnlp --projection ternary -o m.pnlp "$TRAIN" 2>err
grep -q -- "--projection makes no sense with --init" err || fail "$(cat err)"
want 2 pnlp project -m 1.pnlp --projection ternary "$DEV" 2>err
want 2 pnlp train --projection ternary -o m.pnlp train.pnf 2>err
grep -q -- "--projection makes no sense with a feature stream" err || fail "$(cat err)"
want 2 pnlp project --projection tarnary "$DEV" 2>err
grep -q "unknown projection .tarnary.; there are: minhash" err || fail "$(cat err)"
[ ! -e m.pnlp ] || fail "a model was written"
