# Empty input is no error for a filter; there is nothing to train on.
. "$CLI/lib.sh"
: >none
pnlp tokenize none >out || fail
empty out
pnlp tokenize </dev/null >out || fail
empty out
pnlp predict -m "$MODEL" none >out || fail
empty out
pnlp project none >none.pnf || fail
pnlp info none.pnf | grep -q '^records  *0$' || fail
pnlp predict -m "$MODEL" none.pnf >out || fail
empty out
want 2 pnlp train -o m.pnlp none 2>err
grep -q . err || fail "no message"
want 2 pnlp train -o m.pnlp none.pnf 2>err
want 2 pnlp tokenize --learn -o units.spm none 2>err
want 2 pnlp info none 2>err
want 2 pnlp predict -m none "$DEV" 2>err
echo '{"text":""}' >empty.jsonl
pnlp predict -m "$MODEL" empty.jsonl
