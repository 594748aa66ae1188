# A BERT vocabulary without a piece for what it does not know is refused, before any text is read.
. "$CLI/lib.sh"
printf '%s\n' '[PAD]' '[CLS]' wake me '##up' >pieces.txt
for command in tokenize project "train -o m.pnlp"; do
  for kind in wordpiece wordpiece-uncased; do
    want 2 pnlp $command -t $kind:pieces.txt "$DEV" >out 2>err
    empty out
    lines err 1
    grep -q "^pnlp ${command%% *}: pieces.txt: none of the 5 lines is \[UNK\]; " err || fail "$(cat err)"
  done
done
[ ! -e m.pnlp ] || fail "a model was written"
echo '[UNK]' >>pieces.txt
echo 'wake me' | pnlp tokenize -t wordpiece:pieces.txt --lines >out || fail "[UNK] does not help"
[ "$(cat out)" = "wake me" ] || fail "$(cat out)"
