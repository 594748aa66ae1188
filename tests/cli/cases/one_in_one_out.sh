# One record out for each record in, empty ones included, in input order under any number of threads.
. "$CLI/lib.sh"
{
  for i in $(seq 3000); do
    case $((i % 5)) in
      0) echo "{\"text\":\"\",\"n\":$i}" ;;
      1) echo "{\"n\":$i,\"text\":\"   \"}" ;;
      *) echo "{\"text\":\"wake me at $i\",\"n\":$i}" ;;
    esac
  done
} >in.jsonl
for command in tokenize "predict -m $MODEL"; do
  for threads in 1 2 3 7; do
    pnlp $command --threads $threads in.jsonl >out.$threads || fail "pnlp $command"
  done
  same out.1 out.2
  same out.1 out.3
  same out.1 out.7
  sed -E 's/.*"n":([0-9]+).*/\1/' out.1 >order
  seq 3000 | cmp - order || fail "not in input order"
done
# Batches of one record give the same bytes.
pnlp predict -m "$MODEL" --line-buffered in.jsonl >out.lines || fail
same out.1 out.lines
[ "$(grep -c '"label":null,"score":0,"tags":\[\],"spans":\[\]' out.1)" -eq 1200 ] || fail "$(head -n 5 out.1)"
printf '\n\nwake\n\n' | pnlp tokenize --format lines >out
lines out 4
