# Training that is interrupted within an epoch loses that epoch and no more, says what is kept and how to go on, and then
# gives the model of an uninterrupted run.
. "$CLI/lib.sh"
set -m # else jobs in the background ignore SIGINT
head -n 400 "$TRAIN" >train.jsonl
# Steps of one record: an epoch is long.
train="pnlp train -q --preset xsmall --hidden 32 --bottleneck 16 --epochs 3 --batch 1 --dev $DEV"
$train -o whole.pnlp train.jsonl 2>/dev/null
for signal in INT TERM; do
  rm -f checkpoint log
  $train --checkpoint checkpoint --log log -o m.pnlp train.jsonl 2>err &
  for _ in $(seq 3000); do
    [ -e checkpoint ] && break
    sleep 0.01
  done
  kill -$signal $!
  wait $!
  status=$?
  [ $status -eq $((128 + $(kill -l $signal))) ] || fail "exit status $status: $(cat err)"
  [ ! -e m.pnlp ] || fail "a model was written"
  # What the message promises is what the log has seen.
  epochs=$(wc -l <log)
  lines err 1
  grep -qE "^pnlp train: interrupted; checkpoint holds the first $epochs epochs?: the same command with --resume " err ||
    fail "after $epochs epochs: $(cat err)"
  $train --checkpoint checkpoint --resume --log log -o m.pnlp train.jsonl 2>/dev/null || fail "no resume"
  lines log 3
  same whole.pnlp m.pnlp
  rm m.pnlp
done
[ -z "$(litter)" ] || fail "litter: $(litter)"
