# A line over the limit is an error with its number, found without keeping the line.
. "$CLI/lib.sh"
{
  echo short
  head -c 100000000 /dev/zero | tr '\0' x
  echo
} >in
want 2 pnlp tokenize in >out 2>err
grep -q '^pnlp tokenize: in:2: .*16777216' err || fail "$(cat err)"
lines out 1
want 1 pnlp tokenize --on-error skip in >out 2>err
lines out 1
want 0 pnlp tokenize --max-line 200000000 in >out
lines out 2
