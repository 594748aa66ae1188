# Every kind of malformed record: one line of message with file and line, exit status 2, nothing written for it.
exec 2>&1
try() {
  printf '%s\n' "$1" >in
  pnlp tokenize --format "${2:-jsonl}" in
  echo "= $?"
}
try '{"text": "a"'
try '{"text": "a"} {}'
try '["text"]'
try 'null'
try '{"message": "a"}'
try '{"text": 5}'
try '{"text": null}'
try '{"text": "a", "label": 5}'
try '{"text": "a", "label": [5]}'
try '{"text": "a", "label": {"x": "y"}}'
try '{"text": "a b", "tokens": ["a", "b"], "tags": ["O"]}'
try '{"text": "a b", "tokens": ["a", "c"]}'
try '{"text": "a b", "tokens": ["a", "b"], "tags": ["O", "X"]}'
try '{"text": "a b c", "spans": [{"start": 0, "end": 3, "label": "x"}, {"start": 2, "end": 5, "label": "y"}]}'
try '{"text": "a b", "spans": [{"start": 0, "end": 9, "label": "x"}]}'
try '{"text": "a b", "spans": [{"start": 1, "end": 1, "label": "x"}]}'
try '{"text": "é b", "spans": [{"start": 1, "end": 2, "label": "x"}]}'
try '{"text": "a b", "spans": [{"start": -1, "end": 2, "label": "x"}]}'
try '{"text": "a b", "spans": [{"end": 2, "label": "x"}]}'
try '{"text": "a\ud800"}'
try 'x' tsv
