# No binary to a terminal; progress only on a terminal and not with -q.
. "$CLI/lib.sh"
# Without pseudo-terminals (a bare chroot has none) there is nothing to see.
script -qc true /dev/null >/dev/null 2>&1 || exit 0
want 2 on_terminal "pnlp project $DEV" >out
grep -q 'binary' out || fail "$(cat out)"
want 0 on_terminal "pnlp project --force $DEV" >out
want 2 on_terminal "pnlp train -o - $DEV" >out
want 2 on_terminal "pnlp tokenize --learn $DEV" >out
want 0 on_terminal "pnlp project $DEV | cat >out.pnf" >out
empty out
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --epochs 2 --dev $DEV -o m.pnlp $TRAIN"
want 0 on_terminal "pnlp train $small" >out
grep -q 'epoch 1/2 .*loss' out || fail "no progress: $(cat out)"
grep -q 'best epoch' out || fail "no summary: $(cat out)"
want 0 on_terminal "pnlp train -q $small" >out
! grep -q epoch out || fail "progress with -q"
