# Table, JSON, one number, page; where they go, and what is required of them.
. "$CLI/lib.sh"
cat >both.jsonl <<'END'
{"text":"wake me","label":"set","prediction":{"label":"set","score":0.75}}
{"text":"get up","label":"set","prediction":{"label":"set","score":0.75}}
{"text":"stop it","label":"stop","prediction":{"label":"set","score":0.5}}
{"text":"","label":"stop","prediction":{"label":null,"score":0}}
END
pnlp eval --bootstrap 0 both.jsonl
pnlp eval --bootstrap 0 --confusions 1 <both.jsonl | tail -n 2
pnlp eval --metric accuracy both.jsonl
pnlp eval --metric ece - <both.jsonl
pnlp eval --json --bootstrap 0 -o out.json both.jsonl
cat out.json

# Intervals repeat, and their seed counts.
pnlp eval --json both.jsonl >a.json
pnlp eval --json --threads 3 both.jsonl >b.json
same a.json b.json
grep -q '"bootstrap":{"resamples":1000,"seed":0}' a.json || fail "no word on the bootstrap"
pnlp eval --json --seed 1 both.jsonl >b.json
cmp -s a.json b.json && fail "the seed does not count"

# The page goes to its file, beside the rest, and holds neither scripts nor paths.
pnlp eval --metric accuracy --html page.html --title 'a < b' both.jsonl
grep -q '<title>a &lt; b</title>' page.html || fail "no title"
grep -q -e '<script' -e both.jsonl -e http: page.html && fail "what a page must not hold"

# Requirements decide on the exit status; the table is written all the same.
want 0 pnlp eval --require 'accuracy>=0.5' --require 'accuracy>=50%' --require 'ece<=0.5' both.jsonl >table
want 1 pnlp eval --bootstrap 0 --require 'accuracy>=0.51' --require 'macro-f1>=1' both.jsonl >out
[ -s out ] || fail "no table"
want 2 pnlp eval --require 'accuracy=0.5' both.jsonl
want 2 pnlp eval --require 'accuracy>=51' both.jsonl
want 2 pnlp eval --require 'accuracy>=half' both.jsonl
want 2 pnlp eval --require 'accurate>=0.5' both.jsonl
want 2 pnlp eval --require 'span-f1>=0.5' both.jsonl >out
empty out
want 2 pnlp eval --metric f1 both.jsonl
want 2 pnlp eval --json --metric accuracy both.jsonl
want 2 pnlp eval --title x both.jsonl

# A full disk is an error, and no page is left half-written.
want 2 pnlp eval -o /dev/full both.jsonl
rm page.html table out
want 2 pnlp eval -o /dev/full --html page.html both.jsonl 2>err
[ ! -e page.html ] || fail 'a page without its table'
[ -z "$(litter)" ] || fail "litter: $(litter)"
