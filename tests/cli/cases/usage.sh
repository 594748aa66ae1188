# Mistakes of usage: one line, with the nearest name and where to look.
exec 2>&1
try() {
  pnlp "$@" </dev/null
  echo "= $?"
}
try
try tokenise
try --tokenize
try tokenize --linse
try tokenize --Lines
try tokenize -z
try tokenize --format xml
try tokenize --max-line 12abc
try tokenize --max-line
try tokenize --type bpe
try tokenize -t nonsense
try tokenize -t spm:
try project --channels word,colour
try project --hashes 5000
try train
try train -o m --resume
try train -o m --lr fast
try train -o m --dropout 1.5
try train -o m --class-weight heavy
try train -o m --metric f1
try train -o m --preset tiny
try train -o m --epochs 0
try predict --top 0
try predict --min-score 2
try info
try info a b
