# Leaving words out changes what is learned, and gives the same bytes for any number of threads.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --epochs 1 --dev $DEV"
want 0 pnlp train -q $small -o none.pnlp "$TRAIN"
want 0 pnlp train -q $small --word-dropout 0 -o zero.pnlp "$TRAIN"
same none.pnlp zero.pnlp
want 0 pnlp train -q $small --word-dropout 0.2 --threads 1 -o one.pnlp "$TRAIN"
want 0 pnlp train -q $small --word-dropout 0.2 --threads 3 -o three.pnlp "$TRAIN"
same one.pnlp three.pnlp
cmp -s none.pnlp one.pnlp && fail "word dropout changed nothing"
want 2 pnlp train $small --word-dropout 1 -o m.pnlp "$TRAIN" 2>err
grep -q -- '--word-dropout' err || fail "$(cat err)"
