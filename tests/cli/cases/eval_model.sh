# A model on gold gives the numbers of its written predictions, for any number of threads and from a feature stream.
. "$CLI/lib.sh"
pnlp eval --unknown-labels wrong -m "$MODEL" --json "$DEV" >a.json
pnlp eval --unknown-labels wrong -m "$MODEL" --json --threads 1 "$DEV" >b.json
same a.json b.json
pnlp eval --unknown-labels wrong -m "$MODEL" --json --threads 3 <"$DEV" >b.json
same a.json b.json
pnlp predict -m "$MODEL" "$DEV" >labelled.jsonl
pnlp eval --json labelled.jsonl >b.json
same a.json b.json
pnlp eval --json -p labelled.jsonl "$DEV" >b.json
same a.json b.json
pnlp project -m "$MODEL" "$DEV" >dev.pnf
pnlp eval --unknown-labels wrong -m "$MODEL" --json dev.pnf >b.json
same a.json b.json
pnlp eval --json -p labelled.jsonl dev.pnf >b.json
same a.json b.json
pnlp predict -m "$MODEL" dev.pnf | pnlp eval --json -p - "$DEV" >b.json
same a.json b.json

# Every label under the score is null, and so wrong.
[ "$(pnlp eval --unknown-labels wrong -m "$MODEL" --min-score 1 --metric accuracy "$DEV")" = 0 ] || fail "null labels count as right"

# What the model cannot know.
echo '{"text":"wake me","label":"no such label","spans":[]}' >unknown.jsonl
want 2 pnlp eval -m "$MODEL" unknown.jsonl >out 2>err
empty out
grep -q "^pnlp eval: unknown.jsonl:1: label 'no such label' is unknown to the model" err || fail "$(cat err)"
[ "$(pnlp eval -m "$MODEL" --unknown-labels wrong --metric accuracy unknown.jsonl)" = 0 ] || fail "not wrong"
want 2 pnlp eval --unknown-labels wrong -m "$MODEL" --threshold 0.5 "$DEV" >out 2>err
empty out
want 2 pnlp eval --unknown-labels wrong -m "$DEV" "$DEV" >out 2>err
empty out
want 2 pnlp eval --unknown-labels wrong -m "$MODEL" --into x "$DEV" >out 2>err
pnlp project -t chars --ngram 4 "$DEV" >other.pnf
want 2 pnlp eval --unknown-labels wrong -m "$MODEL" other.pnf >out 2>err
empty out
grep -q "not of the model's kind" err || fail "$(cat err)"
head -c 1000 dev.pnf >cut.pnf
want 2 pnlp eval --unknown-labels wrong -m "$MODEL" cut.pnf >out 2>err
empty out
