# Few records: trained on twice, and with a loss of each source of the label alone.
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
trained few.jsonl "$again" '"records":60, "separate_loss":0.5,'
trained few.jsonl "$again" '"records":60, "separate_loss":0,' --separate-loss 0
trained few.jsonl 'best epoch 1' '"records":54,' --patience 1

# Two thousand are not few.
for _ in $(seq 40); do cat "$TRAIN"; done | head -n 2000 >many.jsonl
[ "$(wc -l <many.jsonl)" -eq 2000 ] || fail "$(wc -l <"$TRAIN") records, 40 times"
trained many.jsonl 'best epoch 1' '"records":1800, "separate_loss":0,'
trained many.jsonl 'best epoch 1' '"separate_loss":0.25,' --separate-loss 0.25
