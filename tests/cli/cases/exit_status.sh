# 0 done; 1 done, but records were left out; 2 usage, data or I/O.
. "$CLI/lib.sh"
printf '{"text":"a"}\n{"text":1}\n{"text":"b"}\n' >in.jsonl
want 2 pnlp tokenize in.jsonl >out 2>err
lines out 1
grep -q '^pnlp tokenize: in.jsonl:2: ' err || fail "$(cat err)"
want 1 pnlp tokenize --on-error skip in.jsonl >out 2>err
lines out 2
grep -q '^pnlp tokenize: 1 malformed record skipped; the first: in.jsonl:2: ' err || fail "$(cat err)"
want 1 pnlp tokenize --on-error null in.jsonl >out 2>err
lines out 3
grep -qx '{"tokens":null}' out || fail "$(cat out)"
want 1 pnlp predict -m "$MODEL" --on-error null in.jsonl >out 2>err
lines out 3
grep -qx '{"prediction":null}' out || fail "$(cat out)"
want 1 pnlp project --on-error skip -o out.pnf in.jsonl 2>err
pnlp info out.pnf | grep -q '^records  *2$' || fail "$(pnlp info out.pnf)"
want 2 pnlp 2>err
want 2 pnlp nonsense 2>err
want 2 pnlp tokenize no-such-file 2>err
want 2 pnlp predict -m no-such-model in.jsonl 2>err
