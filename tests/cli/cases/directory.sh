# A directory given as a file, and files that are not there.
mkdir folder
for command in tokenize project "predict -m $MODEL" "train -o m.pnlp"; do
  pnlp $command folder
  echo "exit status $?"
  pnlp $command none
  echo "exit status $?"
done
pnlp predict -m folder
echo "exit status $?"
pnlp info folder
echo "exit status $?"
pnlp tokenize -o folder "$DEV"
echo "exit status $?"
pnlp tokenize -o none/out "$DEV"
echo "exit status $?"
pnlp tokenize -t spm:folder "$DEV"
echo "exit status $?"
ls -A
