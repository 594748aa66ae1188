# The model does not depend on threads, nor on whether training starts from records or from a stream.
. "$CLI/lib.sh"
options="--preset xsmall --hidden 32 --bottleneck 16 --epochs 2 --seed 5"
for threads in 1 2 3; do
  pnlp train $options --threads $threads --dev "$DEV" -o $threads.pnlp "$TRAIN" 2>/dev/null
done
same 1.pnlp 2.pnlp
same 1.pnlp 3.pnlp
pnlp project "$TRAIN" >train.pnf
pnlp project --compress "$DEV" >dev.pnf
pnlp train $options --dev dev.pnf -o stream.pnlp train.pnf 2>/dev/null
same 1.pnlp stream.pnlp
pnlp train $options --dev "$DEV" -o mixed.pnlp - <train.pnf 2>/dev/null
same 1.pnlp mixed.pnlp
pnlp train $options --seed 6 --dev "$DEV" -o other.pnlp "$TRAIN" 2>/dev/null
! cmp -s 1.pnlp other.pnlp || fail "the seed does nothing"
