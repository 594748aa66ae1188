# Gold and predictions match, or a message names the place; never a number of what does not belong together.
. "$CLI/lib.sh"
cat >gold.jsonl <<'END'
{"id":1,"text":"wake me","label":"set"}
{"id":2,"text":"stop it","label":"stop"}
END
cat >ordered.jsonl <<'END'
{"id":1,"text":"wake me","prediction":{"label":"set","score":0.75}}
{"id":2,"text":"stop it","prediction":{"label":"set","score":0.5}}
END
tac ordered.jsonl >reversed.jsonl
pnlp eval --metric accuracy -p ordered.jsonl gold.jsonl
pnlp eval --metric accuracy --by id -p reversed.jsonl gold.jsonl
pnlp eval --metric accuracy -p - gold.jsonl <ordered.jsonl
pnlp eval --metric accuracy -p ordered.jsonl <gold.jsonl
refused() {
  want 2 pnlp eval "$@" >out
  empty out
}
refused -p reversed.jsonl gold.jsonl
sed 's/stop it/stop her/' ordered.jsonl >other.jsonl
refused -p other.jsonl gold.jsonl
head -n 1 ordered.jsonl >short.jsonl
refused -p short.jsonl gold.jsonl
refused --by id -p short.jsonl gold.jsonl
cat ordered.jsonl short.jsonl >long.jsonl
refused -p long.jsonl gold.jsonl
refused --by id -p long.jsonl gold.jsonl
head -n 1 gold.jsonl >one.jsonl
refused --by id -p ordered.jsonl one.jsonl
cut -d, -f2- gold.jsonl | sed 's/^/{/' >anonymous.jsonl
refused --by id -p ordered.jsonl anonymous.jsonl
refused gold.jsonl
refused --into guess -p ordered.jsonl gold.jsonl
refused -p gold.jsonl gold.jsonl
refused -p ordered.jsonl ordered.jsonl
echo '{"text":"x","label":"set","prediction":{"label":"set","score":7}}' >odd.jsonl
refused odd.jsonl
echo '{"text":"x","label":"set","prediction":{"spans":[]}}' >parts.jsonl
refused parts.jsonl
echo '{"text":"x","spans":[],"prediction":{"label":"set","score":1}}' | refused
cat gold.jsonl odd.jsonl >half.jsonl
refused -p - gold.jsonl - <ordered.jsonl
refused -p ordered.jsonl none.jsonl
refused -p none.jsonl gold.jsonl
refused -p ordered.jsonl .
: >nothing.jsonl
refused nothing.jsonl
refused -p nothing.jsonl nothing.jsonl
refused -m none.pnlp -p ordered.jsonl gold.jsonl
refused --by id ordered.jsonl
refused --min-score 0.5 ordered.jsonl
refused --on-error skip -p ordered.jsonl gold.jsonl

# Malformed records are left out if asked for, and the status tells.
sed 's/"text"/"label":"set","text"/' ordered.jsonl >both.jsonl
echo '{' >>both.jsonl
refused both.jsonl
want 1 pnlp eval --on-error skip --metric accuracy both.jsonl
