# A dev file without a record is refused by name: it does not stand for a share of the training records.
. "$CLI/lib.sh"
: >none.jsonl
pnlp project none.jsonl >none.pnf
pnlp project -o train.pnf "$TRAIN"
echo 'no JSON' >bad.jsonl
refused() { # WHERE COMMAND...
  where=$1
  shift
  want 2 pnlp train --epochs 1 -o m.pnlp "$@" 2>err
  tail -n 1 err | grep -q "^pnlp train: $where: no record to choose the best epoch by; " || fail "$*: $(cat err)"
}
refused none.jsonl --dev none.jsonl "$TRAIN"
lines err 1
refused none.pnf --dev none.pnf "$TRAIN"
refused none.jsonl --dev none.jsonl train.pnf
refused 'none.jsonl, none.jsonl' --dev none.jsonl --dev none.jsonl "$TRAIN"
refused 'standard input' --dev - "$TRAIN" </dev/null
refused bad.jsonl --format jsonl --on-error skip --dev bad.jsonl "$TRAIN"
[ ! -e m.pnlp ] || fail "a model was written"
