# Data goes to standard output, nothing to standard error.
. "$CLI/lib.sh"
pnlp tokenize "$SAMPLE/dev.jsonl" >tokens 2>tokens.err
lines tokens "$(wc -l <"$SAMPLE/dev.jsonl")"
pnlp project "$SAMPLE/dev.jsonl" >dev.pnf 2>project.err
pnlp predict -m "$MODEL" "$SAMPLE/dev.jsonl" >predicted 2>predict.err
pnlp info "$MODEL" >info 2>info.err
pnlp train --preset xsmall --hidden 16 --bottleneck 16 --epochs 1 --dev "$DEV" -o m.pnlp "$TRAIN" >train.out 2>train.err
[ -s dev.pnf ] && [ -s predicted ] && [ -s info ] && [ -s m.pnlp ] || fail "an output is empty"
grep -v "spans do not fall on token bounds" train.err >left
empty tokens.err project.err predict.err info.err train.out left
