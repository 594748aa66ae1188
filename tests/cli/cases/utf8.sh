# Invalid UTF-8 is an error with its line, or replaced, or skipped.
. "$CLI/lib.sh"
printf 'good\nb\377d\nfine\n' >in
want 2 pnlp tokenize --format lines in >out 2>err
grep -q '^pnlp tokenize: in:2: ' err || fail "$(cat err)"
lines out 1
want 0 pnlp tokenize --invalid-utf8 replace in >out 2>err
lines out 3
grep -q 'b�d' out || fail "$(cat out)"
want 1 pnlp tokenize --invalid-utf8 skip in >out 2>err
lines out 2
printf '{"text":"b\377d"}\n' | want 2 pnlp predict -m "$MODEL" >out 2>err
empty out
