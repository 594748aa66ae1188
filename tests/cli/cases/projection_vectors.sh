# The projection vectors in every command; a model and a stream carry the vectors along. What is wrong with a file of them.
. "$CLI/lib.sh"
"$CLI/../judges/make_vectors.py" "$TRAIN" vectors.txt vectors.bin
projection_works vectors --projection vectors:vectors.txt
grep -Eq "^vectors +$(($(wc -l <vectors.txt) - 1))$" facts || fail "$(cat facts)"
pnlp predict -m 1.pnlp "$DEV" >before
mkdir elsewhere && mv vectors.txt elsewhere
pnlp predict -m 1.pnlp "$DEV" >after || fail "the model needs the file"
same before after
want 0 pnlp train -q --preset xsmall --epochs 1 --dev dev.pnf -o m.pnlp train.pnf
pnlp project --projection vectors:vectors.bin "$DEV" | pnlp predict -m 1.pnlp >after || fail "another form, another source"
predictions before >direct
predictions after >piped
same direct piped

head -n 100 elsewhere/vectors.txt | tail -n +2 >fewer.txt
pnlp project --projection vectors:fewer.txt -o fewer.pnf "$DEV"
want 2 pnlp predict -m 1.pnlp fewer.pnf >out 2>err
empty out
grep -q "vectors [0-9a-f]\{16\} of [0-9]* words against [0-9a-f]\{16\} of 99 words" err || fail "$(cat err)"

rm -f m.pnlp
refused() { # MESSAGE FILE
  for command in "project -o m.pnf" "train -o m.pnlp"; do
    want 2 pnlp $command --projection "vectors:$2" "$TRAIN" >out 2>err
    empty out
    grep -q "^pnlp ${command%% *}: $2:$1" err || fail "$(cat err)"
    [ ! -e m.pnf ] && [ ! -e m.pnlp ] || fail "something was written"
  done
}
printf 'wake 1 2\nme 1\n' >short.txt
refused '2: 1 numbers for "me" instead of 2' short.txt
printf 'wake 1 2\nme 1 NaN\n' >nan.txt
refused '2: number 2 of "me" is "NaN"' nan.txt
printf 'wake 1 2\nme 1 3\nwake 1 2\n' >twice.txt
refused '3: the word "wake" stands in line 1 already' twice.txt
head -n 20 elsewhere/vectors.txt >cut.txt
refused '1: [0-9]* vectors are promised and 19 are there' cut.txt
head -c 200 vectors.bin >cut.bin
refused ' record [0-9]*: the file is cut' cut.bin
: >empty.txt
refused ' not one vector' empty.txt
refused ' cannot open' missing.txt
for option in "--hashes 4" "--ngram 2" "--channels none --hash-seed 2"; do
  want 2 pnlp project --projection vectors:vectors.bin $option "$DEV" >out 2>err
  option=${option##*--}
  grep -q -- "--${option% *} makes no sense with the projection vectors" err || fail "$(cat err)"
done
for name in vectors vectors: simhash:vectors.bin; do
  want 2 pnlp project --projection $name "$DEV" 2>err
  grep -q "unknown projection '$name'; there are: minhash, simhash, ternary, binary, vectors:FILE" err || fail "$(cat err)"
done
