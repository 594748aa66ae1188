# A model or a stream that is cut at any place, or has any byte flipped, is refused with its name.
. "$CLI/lib.sh"
head -n 20 "$DEV" | pnlp project >whole.pnf
head -n 20 "$DEV" | pnlp project --compress >packed.pnf
cp "$MODEL" whole.pnlp
flip() { # FILE OFFSET TARGET
  cp "$1" "$3"
  byte=$(od -An -tu1 -j "$2" -N 1 "$1")
  printf "\\$(printf %03o $((byte ^ 0x41)))" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}
for file in whole.pnf packed.pnf whole.pnlp; do
  size=$(stat -c %s $file)
  for i in $(seq 0 23); do
    place=$((i < 12 ? i : (size - 1) * (i - 11) / 12))
    head -c $place $file >cut.${file##*.}
    want 2 pnlp info cut.${file##*.} >out 2>err
    empty out
    grep -q "^pnlp info: cut" err || fail "cut at $place of $file: $(cat err)"
    flip $file $place flipped.${file##*.}
    want 2 pnlp info flipped.${file##*.} >out 2>err
    empty out
    grep -q "^pnlp info: flipped" err || fail "flipped at $place of $file: $(cat err)"
  done
done
echo 'wake me' | want 2 pnlp predict -m cut.pnlp >out 2>err
empty out
echo more >>whole.pnlp
want 2 pnlp info whole.pnlp >out 2>err
want 2 pnlp predict -m "$DEV" "$DEV" >out 2>err
