# Interrupted and resumed, training gives the model of an uninterrupted run, bit for bit.
. "$CLI/lib.sh"
set -m # else jobs in the background ignore SIGINT
options="--preset xsmall --hidden 32 --bottleneck 16 --epochs 6 --dev $DEV"
pnlp train $options -o whole.pnlp "$TRAIN" 2>/dev/null
for signal in INT KILL; do
  rm -f checkpoint log
  pnlp train $options --checkpoint checkpoint --log log -o cut.pnlp "$TRAIN" 2>err &
  for _ in $(seq 600); do
    [ -s log ] && break
    sleep 0.02
  done
  kill -$signal $!
  wait $!
  status=$?
  # A fast machine may have finished before the signal.
  [ $status -eq 0 ] || [ $status -eq $((128 + $(kill -l $signal))) ] || fail "exit status $status: $(cat err)"
  pnlp train $options --checkpoint checkpoint --resume -o resumed.pnlp "$TRAIN" 2>/dev/null || fail "no resume"
  same whole.pnlp resumed.pnlp
done
want 2 pnlp train $options --resume -o m.pnlp "$TRAIN" 2>err
[ -s checkpoint ] || fail "no checkpoint"
want 2 pnlp train $options --lr 0.5 --checkpoint checkpoint --resume -o m.pnlp "$TRAIN" 2>err
grep -q checkpoint err || fail "$(cat err)"
