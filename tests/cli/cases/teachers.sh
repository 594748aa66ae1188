# A model learns from a teacher, and from an ensemble of its own; teachers that do not fit are refused.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --epochs 1 --dev $DEV"
want 0 pnlp train -q $small -o alone.pnlp "$TRAIN" 2>err
want 0 pnlp train -q $small --teacher "$MODEL" -o taught.pnlp "$TRAIN" 2>err
cmp -s alone.pnlp taught.pnlp && fail "the teacher changed nothing"
want 0 pnlp train -q $small --ensemble 1 --log log -o student.pnlp "$TRAIN" 2>err
[ "$(grep -c '"teacher":1' log)" -eq 1 ] && lines log 2 || fail "$(cat log)"
want 2 pnlp train $small --teacher-weight 0.5 -o m.pnlp "$TRAIN" 2>err
grep -q -- '--teacher-weight makes no sense without --teacher or --ensemble' err || fail "$(cat err)"
renamed "$TRAIN" >renamed.jsonl
want 2 pnlp train ${small% --dev*} --teacher "$MODEL" -o m.pnlp renamed.jsonl 2>err
grep -q "the labels of the teacher $MODEL are not those of the training records; only in the teacher $MODEL: " err || fail "$(cat err)"
printf 'no model' >bad.pnlp
want 2 pnlp train $small --teacher bad.pnlp -o m.pnlp "$TRAIN" 2>err
grep -q 'bad.pnlp: not a pnlp model' err || fail "$(cat err)"
[ ! -e m.pnlp ] || fail "something was written"
