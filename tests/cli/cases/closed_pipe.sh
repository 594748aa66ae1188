# A reader that goes away is no error; a filter stops quietly, also where the parent ignores SIGPIPE.
. "$CLI/lib.sh"
for command in "tokenize" "predict -m $MODEL" "tokenize --help"; do
  yes 'wake me at seven' | head -n 200000 | pnlp $command 2>err | head -n 1 >first
  empty err
  lines first 1
done
trap '' PIPE
yes 'wake me at seven' 2>/dev/null | head -n 200000 2>/dev/null | {
  pnlp tokenize 2>err
  echo $? >status
} | head -n 1 >first
[ "$(cat status)" -eq 0 ] || fail "exit status $(cat status)"
empty err
