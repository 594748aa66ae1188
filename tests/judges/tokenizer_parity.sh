#!/bin/sh
# Compares `pnlp tokenize --lines` with BERT's tokenizer (judged by bert_tokenizer.py, cased and
# uncased) and with spm_encode, on 10,000 sentences of six languages of MTOP, mixed.
#
# usage: tokenizer_parity.sh DATA=DIR [PNLP=PROGRAM] [VOCABULARY=FILE]
#   DIR has {en,es,fr,de,hi,th}/train.jsonl, with a field "text".
#   VOCABULARY is a BERT vocabulary; by default the small one of the repository.
# Prints the number of differing sentences for each; exits 1 if there are any.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
DATA='' PNLP=pnlp VOCABULARY=$here/../../testdata/tokenizer/wordpiece.txt
for argument in "$@"; do
  case $argument in
    DATA=*) DATA=${argument#*=} ;;
    PNLP=*) PNLP=${argument#*=} ;;
    VOCABULARY=*) VOCABULARY=${argument#*=} ;;
    *) echo "tokenizer_parity.sh: unknown argument $argument" >&2; exit 2 ;;
  esac
done
[ -n "$DATA" ] || { echo "usage: tokenizer_parity.sh DATA=DIR [PNLP=PROGRAM] [VOCABULARY=FILE]" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every language in turn, evenly over its file.
python3 - "$DATA" > "$work/texts" <<'PYTHON'
import json, sys
columns = []
for language in "en es fr de hi th".split():
    with open(f"{sys.argv[1]}/{language}/train.jsonl", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    columns.append([texts[i * len(texts) // 1667] for i in range(1667)])
mixed = [text.replace("\n", " ") for row in zip(*columns) for text in row][:10000]
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
sys.stdout.write("\n".join(mixed) + "\n")
PYTHON

bad=0
compare() {  # NAME, after $work/ours and $work/theirs
  count=$(python3 - "$work/ours" "$work/theirs" <<'PYTHON'
import sys
ours, theirs = (open(path, encoding="utf-8", newline="\n").read().split("\n") for path in sys.argv[1:])
assert len(ours) == len(theirs) == 10001, (len(ours), len(theirs))
print(sum(a != b for a, b in zip(ours, theirs)))
PYTHON
)
  echo "$1: $count of 10000 sentences differ"
  [ "$count" = 0 ] || bad=1
}

"$PNLP" tokenize -t "wordpiece:$VOCABULARY" --format lines --lines < "$work/texts" > "$work/ours"
python3 "$here/bert_tokenizer.py" "$VOCABULARY" < "$work/texts" > "$work/theirs"
compare wordpiece
"$PNLP" tokenize -t "wordpiece-uncased:$VOCABULARY" --format lines --lines < "$work/texts" > "$work/ours"
python3 "$here/bert_tokenizer.py" --uncased "$VOCABULARY" < "$work/texts" > "$work/theirs"
compare wordpiece-uncased
for type in unigram bpe; do
  "$PNLP" tokenize --learn --type "$type" --format lines -o "$work/$type.model" "$work/texts"
  "$PNLP" tokenize -t "spm:$work/$type.model" --format lines --lines < "$work/texts" > "$work/ours"
  spm_encode --model="$work/$type.model" --output_format=piece < "$work/texts" > "$work/theirs"
  compare "spm ($type)"
done
exit $bad
