# Helpers of the cases. A case sources it: . "$CLI/lib.sh"

# Messages of the helpers go here, also where the standard error of a command is kept in a file.
exec 9>&2

# fail MESSAGE: ends the case.
fail() {
  echo "line ${BASH_LINENO[0]}: $*" >&9
  exit 99
}

# want STATUS COMMAND...: ends the case unless the command exits so.
want() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" -eq "$wanted" ] || {
    echo "line ${BASH_LINENO[0]}: exit status $status, not $wanted: $*" >&9
    exit 99
  }
}

# same A B: ends the case unless the files are equal.
same() {
  cmp "$1" "$2" || {
    echo "line ${BASH_LINENO[0]}: $1 and $2 differ" >&9
    exit 99
  }
}

# empty FILE...
empty() {
  for file; do
    [ ! -s "$file" ] || {
      echo "line ${BASH_LINENO[0]}: $file is not empty:" >&9
      cat "$file" >&9
      exit 99
    }
  done
}

# lines FILE COUNT
lines() {
  [ "$(wc -l <"$1")" -eq "$2" ] || fail "$1 has $(wc -l <"$1") lines, not $2"
}

# predictions FILE: the prediction of each record, one a line.
predictions() {
  sed -E 's/.*"prediction": ?//; s/\}$//' "$1"
}

# renamed FILE: its records with other labels, x_ before each.
renamed() {
  python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    record["label"] = "x_" + record["label"]
    print(json.dumps(record, ensure_ascii=False))
' "$1"
}

# on_terminal COMMAND: runs a command line on a terminal of its own, what it shows goes to standard output.
on_terminal() {
  script -qefc "$1" /dev/null </dev/null
}

# litter: names of files that a run has left beside its outputs.
litter() {
  find . -name '.*' -type f -o -name '*.tmp*' -o -name '*pnlp-*'
}

# projection_works NAME OPTION...: with these options of the projection NAME a model is trained, the same whatever the
# threads, from records or a stream, in one go or resumed; it goes on being trained, is quantized, and gives in a pipeline
# what it gives in one process.
projection_works() {
  local name=$1 threads model
  shift
  local options="--preset xsmall --hidden 32 --bottleneck 16 --epochs 2"
  for threads in 1 2; do
    want 0 pnlp train -q $options "$@" --threads $threads --dev "$DEV" -o $threads.pnlp "$TRAIN"
  done
  same 1.pnlp 2.pnlp
  pnlp info 1.pnlp >facts || fail "no info"
  grep -Eq "^projection +$name$" facts || fail "$(cat facts)"
  want 0 pnlp project "$@" --threads 1 -o train.pnf "$TRAIN"
  want 0 pnlp project "$@" --threads 2 -o again.pnf "$TRAIN"
  same train.pnf again.pnf
  pnlp info train.pnf >facts || fail "no info"
  grep -Eq "^projection +$name$" facts || fail "$(cat facts)"
  want 0 pnlp project "$@" --compress -o dev.pnf "$DEV"
  want 0 pnlp train -q $options --dev dev.pnf -o stream.pnlp train.pnf
  same 1.pnlp stream.pnlp

  rm -f checkpoint log
  pnlp train -q $options "$@" --checkpoint checkpoint --log log --dev "$DEV" -o cut.pnlp "$TRAIN" 2>/dev/null &
  until [ -s log ] || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
  want 0 pnlp train -q $options "$@" --checkpoint checkpoint --resume --dev "$DEV" -o resumed.pnlp "$TRAIN"
  same 1.pnlp resumed.pnlp
  want 0 pnlp train -q --init 1.pnlp --epochs 1 --dev dev.pnf -o trained.pnlp "$TRAIN"

  want 0 pnlp quantize -o 8.pnlp 1.pnlp
  for model in 1 8; do
    want 0 pnlp predict -m $model.pnlp --threads 1 "$DEV" >one
    want 0 pnlp predict -m $model.pnlp --threads 2 "$DEV" >two
    same one two
    predictions one >direct
    pnlp tokenize "$DEV" | pnlp project "$@" | pnlp predict -m $model.pnlp >two || fail "no pipeline"
    predictions two >piped
    same direct piped
    want 0 pnlp predict -m $model.pnlp dev.pnf >two
    predictions two >piped
    same direct piped
    pnlp project -m $model.pnlp "$DEV" | pnlp predict -m $model.pnlp >two || fail "no projection of the model's"
    predictions two >piped
    same direct piped
  done

  pnlp project -o other.pnf "$DEV"
  want 2 pnlp predict -m 1.pnlp other.pnf >out 2>err
  empty out
  grep -q "projection $name against minhash" err || fail "$(cat err)"
  want 0 pnlp train -q $options "$@" --channels none --dev "$DEV" -o alone.pnlp "$TRAIN"
}
