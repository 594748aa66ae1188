# Few records: trained on twice, and with a loss of each source of the label alone.
. "$CLI/lib.sh"
small="--hidden 8 --bottleneck 8 --layers 1 --channel-rows 64 --feature-size 64 --ngram-weights 1024 --epochs 1 --task label"
head -n 60 "$TRAIN" >few.jsonl
want 0 pnlp train -v $small -o few.pnlp few.jsonl 2>said
grep -q 'trained on all records; without those held out accuracy' said || fail "$(cat said)"
pnlp info few.pnlp | grep -q '"separate_loss":0.5' || fail "$(pnlp info few.pnlp)"
pnlp info few.pnlp | grep -q '"records":60' || fail "not all records"
want 0 pnlp train -q $small --separate-loss 0 -o without.pnlp few.jsonl 2>/dev/null
pnlp info without.pnlp | grep -q '"separate_loss":0,' || fail "$(pnlp info without.pnlp)"
# Two thousand are not few.
for _ in $(seq 40); do cat "$TRAIN"; done | head -n 2000 >many.jsonl
[ "$(wc -l <many.jsonl)" -eq 2000 ] || fail "$(wc -l <"$TRAIN") records, 40 times"
want 0 pnlp train -v $small -o many.pnlp many.jsonl 2>said
grep -q 'best epoch 1' said || fail "$(cat said)"
pnlp info many.pnlp | grep -q '"separate_loss":0,' || fail "$(pnlp info many.pnlp)"
pnlp info many.pnlp | grep -q '"records":1800' || fail "$(pnlp info many.pnlp)"
want 0 pnlp train -q $small --separate-loss 0.25 -o asked.pnlp many.jsonl 2>/dev/null
pnlp info asked.pnlp | grep -q '"separate_loss":0.25' || fail "$(pnlp info asked.pnlp)"
