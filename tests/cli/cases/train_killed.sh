# Training that is killed or interrupted leaves the old model and no litter.
. "$CLI/lib.sh"
set -m # else jobs in the background ignore SIGINT
echo old >m.pnlp
cp m.pnlp old
for signal in INT KILL; do
  pnlp train --preset xsmall --epochs 1000 --log log --dev "$DEV" -o m.pnlp "$TRAIN" 2>err &
  for _ in $(seq 300); do
    [ -s log ] && break
    sleep 0.1
  done
  [ -s log ] || fail "training has not begun: $(cat err)"
  kill -$signal $!
  wait $!
  status=$?
  [ $status -eq $((128 + $(kill -l $signal))) ] || fail "exit status $status after $signal: $(cat err)"
  same old m.pnlp
  rm -f log err
done
[ "$(ls -A | tr '\n' ' ')" = "m.pnlp old " ] || fail "litter: $(ls -A)"
