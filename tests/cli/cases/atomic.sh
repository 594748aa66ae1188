# A run that fails or is killed leaves the old file whole and no litter.
. "$CLI/lib.sh"
set -m # else jobs in the background ignore SIGINT
echo old >out
cp out old
printf '{"text":"a"}\n{"text":1}\n' >bad.jsonl
want 2 pnlp tokenize -o out bad.jsonl 2>err
same old out
want 2 pnlp project -o out bad.jsonl 2>err
same old out
want 2 pnlp predict -m "$MODEL" -o out bad.jsonl 2>err
same old out
want 2 pnlp train -o out bad.jsonl 2>err
same old out
for signal in INT TERM HUP KILL; do
  mkfifo pipe
  pnlp tokenize -o out pipe &
  exec 3>pipe
  yes 'wake me at seven' | head -n 50000 >&3
  kill -$signal $!
  wait $!
  status=$?
  exec 3>&-
  [ $status -eq $((128 + $(kill -l $signal))) ] || fail "exit status $status after $signal"
  same old out
  rm pipe
done
rm -f err bad.jsonl
[ "$(ls -A | tr '\n' ' ')" = "old out " ] || fail "litter: $(ls -A)"
pnlp tokenize -o out old
pnlp tokenize old | cmp - out || fail "the file was not replaced"
