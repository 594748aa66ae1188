# Gold spans that overlap: an error, or the longest counts and the rest are reported, whoever predicts.
. "$CLI/lib.sh"
cat >gold.jsonl <<'END'
{"text":"wake me up","spans":[{"start":0,"end":4,"label":"a"},{"start":0,"end":7,"label":"b"}]}
END
echo '{"prediction":{"spans":[{"start":0,"end":7,"label":"b"}]}}' >predictions.jsonl
paste -d, <(sed 's/}$//' gold.jsonl) <(sed 's/^{//' predictions.jsonl) >both.jsonl
want 2 pnlp eval both.jsonl >out 2>err
empty out
for arguments in both.jsonl "-p predictions.jsonl gold.jsonl" "-m $MODEL --unknown-labels wrong gold.jsonl"; do
  want 0 pnlp eval --json --overlapping-spans keep-longest $arguments >out 2>err
  [ "$(cat err)" = "pnlp eval: 1 gold span left out: longer ones overlap them" ] || fail "$arguments: $(cat err)"
  grep -q '"spans":{[^[]*"support":1,' out || fail "$arguments: $(cat out)"
done
