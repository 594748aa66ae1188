# tokenize | project | predict, and project -m, give what predict gives.
. "$CLI/lib.sh"
pnlp predict -m "$MODEL" "$DEV" >direct
pnlp tokenize "$DEV" | pnlp project | pnlp predict -m "$MODEL" >piped
predictions direct >direct.predictions
predictions piped >piped.predictions
same direct.predictions piped.predictions
pnlp project -m "$MODEL" --compress "$DEV" | pnlp predict -m "$MODEL" >stream
same piped stream
pnlp tokenize "$DEV" | pnlp predict -m "$MODEL" >tokenized
predictions tokenized >tokenized.predictions
same direct.predictions tokenized.predictions
# Two streams one after another are one.
pnlp project "$DEV" >dev.pnf
pnlp project "$TRAIN" >train.pnf
cat dev.pnf train.pnf | pnlp predict -m "$MODEL" >joined
pnlp predict -m "$MODEL" dev.pnf train.pnf >two
same joined two
pnlp predict -m "$MODEL" "$DEV" "$TRAIN" | sed -E 's/.*"prediction": ?//; s/\}$//' >records.predictions
predictions joined >joined.predictions
same records.predictions joined.predictions
# The stream's bytes do not depend on threads.
for threads in 1 2 3; do pnlp project --threads $threads -o $threads.pnf "$TRAIN"; done
same 1.pnf 2.pnf
same 1.pnf 3.pnf
