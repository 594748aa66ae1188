# No file or - is standard input, several files are one input, -- ends options.
. "$CLI/lib.sh"
echo one >a
echo two >b
echo three >./-x
pnlp tokenize a b >ab
cat a b | pnlp tokenize >piped
cat a b | pnlp tokenize - >dashed
same ab piped
same ab dashed
echo two | pnlp tokenize a - -o - >mixed
same ab mixed
pnlp tokenize -o out -- a b
same ab out
pnlp tokenize -- -x >x
echo three | pnlp tokenize | cmp - x || fail "-- did not end options"
want 2 pnlp tokenize -x 2>message
grep -qx "pnlp tokenize: unknown option '-x' (see pnlp tokenize --help)" message || fail "$(cat message)"
printf 'one' >open_end
pnlp tokenize open_end b >joined
same ab joined
