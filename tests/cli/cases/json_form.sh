# Input fields are kept byte for byte and in order, ours are added after them.
. "$CLI/lib.sh"
cat >in.jsonl <<'END'
{ "z" : 1.50 , "text":"say \"h\u00e9\\\"", "nested":{"b":[1, 2 ],"a":null} }
{"text":"Grüße\tan\u0000alle","id":"x"}
END
pnlp tokenize in.jsonl
printf 'label\ttext\nx\ta b\n' >in.tsv
pnlp tokenize in.tsv
echo '__label__x a' | pnlp tokenize
echo '{"text":"a","prediction":1}' | want 2 pnlp predict -m "$MODEL"
echo '{"text":"a","units":1}' | want 2 pnlp tokenize
echo '{"text":"a","prediction":1}' | pnlp predict -m "$MODEL" --into mine | sed 's/"score":[^,}]*/"score":S/; s/"label":"[^"]*"/"label":L/; s/"tags":.*/.../'
