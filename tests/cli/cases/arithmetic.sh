# Products of training in fp32 or bf16: each the same for any number of threads, and neither goes on where the other was.
. "$CLI/lib.sh"
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --epochs 2 --dev $DEV"
want 0 pnlp train -q $small -o default.pnlp "$TRAIN"
for kind in bf16 fp32; do
  want 0 pnlp train -q $small --arithmetic $kind --threads 1 -o $kind.1.pnlp "$TRAIN"
  want 0 pnlp train -q $small --arithmetic $kind --threads 3 --checkpoint $kind.ckpt -o $kind.3.pnlp "$TRAIN"
  same $kind.1.pnlp $kind.3.pnlp
done
same default.pnlp bf16.1.pnlp
want 2 pnlp train -q $small --arithmetic fp32 --checkpoint bf16.ckpt --resume -o m.pnlp "$TRAIN" 2>err
grep -q 'bf16.ckpt' err || fail "$(cat err)"
want 0 pnlp train -q $small --arithmetic fp32 --checkpoint fp32.ckpt --resume -o again.pnlp "$TRAIN"
same fp32.1.pnlp again.pnlp
want 2 pnlp train $small --arithmetic fp16 -o m.pnlp "$TRAIN" 2>err
grep -q -- '--arithmetic.*bf16' err || fail "$(cat err)"
