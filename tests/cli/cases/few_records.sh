# Few records are trained on twice; labels without slots by n-grams of letters too, and with a loss of each source of the label alone.
. "$CLI/lib.sh"

# trained INPUT SUMMARY FACTS [OPTION...]: training says SUMMARY, and its model FACTS.
trained() {
  local input=$1 summary=$2 facts=$3
  shift 3
  want 0 pnlp train -v --hidden 8 --bottleneck 8 --layers 1 --channel-rows 64 --feature-size 64 --ngram-weights 1024 \
    --epochs 1 --task label "$@" -o m.pnlp "$input" 2>said
  grep -q "$summary" said || fail "$(cat said)"
  pnlp info m.pnlp >info
  for fact in $facts; do grep -q "$fact" info || fail "no $fact: $(cat info)"; done
}

head -n 60 "$TRAIN" >few.jsonl
again='trained on all records; without those held out accuracy'
trained few.jsonl "$again" '"records":60, "separate_loss":1, "label_smoothing":0.1, length,.letters'
trained few.jsonl "$again" '"records":60, "separate_loss":0, "label_smoothing":0, length)' --preset megabyte
trained few.jsonl "$again" '"records":60, "separate_loss":0,' --separate-loss 0
trained few.jsonl 'best epoch 1' '"records":54,' --patience 1

# Four thousand are not few.
for _ in $(seq 80); do cat "$TRAIN"; done | head -n 4000 >many.jsonl
[ "$(wc -l <many.jsonl)" -eq 4000 ] || fail "$(wc -l <"$TRAIN") records, 80 times"
trained many.jsonl 'best epoch 1' '"records":3600, "separate_loss":1, length,.letters'
trained many.jsonl 'best epoch 1' '"records":3600, "separate_loss":0, length)' --preset megabyte
trained many.jsonl 'best epoch 1' '"separate_loss":0.25,' --separate-loss 0.25

# The same model from a stream: of the features that the preset wants, or of the default ones.
small="--hidden 8 --bottleneck 8 --layers 1 --channel-rows 64 --feature-size 64 --ngram-weights 1024 --epochs 1 --task label"
channels=word,folded,prefix,suffix,shape,length
from_stream() {
  local preset=$1
  shift
  want 0 pnlp project -q "$@" -o few.pnf few.jsonl
  want 0 pnlp train -q $small --preset "$preset" -o stream.pnlp few.pnf 2>/dev/null
  want 0 pnlp train -q $small --preset "$preset" -o records.pnlp few.jsonl 2>/dev/null
  same records.pnlp stream.pnlp
}
from_stream megabyte

# A stream without the channel is told how to get it, where it was not made so on purpose.
lacks="the preset sentence reads n-grams of letters, too, which these features lack; make them by pnlp project --channels $channels,letters"
said_of_stream() {
  want 0 pnlp project -q "$@" -o few.pnf few.jsonl
  want 0 pnlp train -v $small -o stream.pnlp few.pnf 2>said
}
said_of_stream
grep -qF "$lacks" said || fail "$(cat said)"
for chosen in "$channels,letters" word,prefix; do
  said_of_stream --channels $chosen
  ! grep -q 'n-grams of letters' said || fail "$chosen: $(cat said)"
done
from_stream sentence --channels $channels,letters
want 0 pnlp predict -m stream.pnlp few.jsonl >/dev/null
want 0 pnlp quantize -q -o quantized.pnlp stream.pnlp
want 0 pnlp predict -m quantized.pnlp few.jsonl >/dev/null
want 0 pnlp train -q $small --channels $channels -o without.pnlp few.jsonl 2>/dev/null
pnlp info without.pnlp | grep -q 'length)$' || fail "--channels counts for nothing"
want 0 pnlp project -q -o dev.pnf "$DEV"
want 0 pnlp train -q $small --dev dev.pnf -o without.pnlp few.jsonl 2>/dev/null
pnlp info without.pnlp | grep -q 'length)$' || fail "the dev stream has other features"

# A teacher's features are the student's, whatever the student's preset.
want 0 pnlp train -q $small --teacher stream.pnlp --preset megabyte -o student.pnlp few.jsonl 2>/dev/null
pnlp info student.pnlp | grep -q 'letters)$' || fail "the student does not read what its teacher reads"
want 0 pnlp train -q $small --teacher without.pnlp -o student.pnlp few.jsonl 2>/dev/null
pnlp info student.pnlp | grep -q 'length)$' || fail "the student reads what its teacher does not"

# N-grams of letters are what tells words that training has not shown.
texts() { for word in "$@"; do printf '{"text":"%s","label":"%s"}\n' "$word" "${word:1:4}"; done; }
texts xlampy qlampi vlampo zlampa ylampu wlampt rlampd hlamps xbirdy qbirdi vbirdo zbirda ybirdu wbirdt rbirdd hbirds >words.jsonl
texts klampe flampw mlampn kbirde fbirdw mbirdn >unseen.jsonl
want 0 pnlp train -q --encoder none --channel-rows 1 --feature-size 1 --task label --preset sentence -o l.pnlp words.jsonl 2>/dev/null
pnlp predict -q -m l.pnlp unseen.jsonl | grep -o '"label":"....","score"' >found
printf '"label":"%s","score"\n' lamp lamp lamp bird bird bird | cmp -s - found || fail "$(cat found)"
