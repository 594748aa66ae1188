# Memory does not grow with the length of the stream.
. "$CLI/lib.sh"
# Address sanitizer keeps freed memory.
[ -z "$SANITIZED" ] || exit 0
command -v /usr/bin/time >/dev/null || exit 0
peak() { # COUNT COMMAND...: kilobytes
  count=$1
  shift
  yes '{"text":"wake me at seven tomorrow and play some music please","id":1}' | head -n "$count" |
    /usr/bin/time -f %M -o peak "$@" >/dev/null
  tail -n 1 peak
}
pnlp project "$DEV" >dev.pnf
for command in "pnlp tokenize" "pnlp project" "pnlp predict -m $MODEL"; do
  few=$(peak 20000 $command --threads 2)
  many=$(peak 400000 $command --threads 2)
  [ "$many" -lt $((few + 8000)) ] || fail "$command: $few kB for few records, $many kB for many"
done
