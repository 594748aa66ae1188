. "$CLI/lib.sh"
for command in tokenize project "predict -m $MODEL" "train -o m"; do
  for count in 0 -1 two 2x 1.5 ''; do
    pnlp $command --threads="$count" "$DEV" && fail "taken"
  done
done 2>&1 | sort -u
