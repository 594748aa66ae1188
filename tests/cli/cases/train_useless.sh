# Options that a run has no use for: refused where they are named on the command line, unused in a configuration; a contradiction
# is refused in both, and what leaves a thing out is never refused.
. "$CLI/lib.sh"
small="--preset xsmall --bottleneck 8 --epochs 1 --weights fp32"
head -n 60 "$TRAIN" >both.jsonl
sed 's/, "spans": .*/}/' both.jsonl >labels.jsonl
sed 's/"label": "[^"]*", //' both.jsonl >slots.jsonl
for file in both labels slots; do want 0 pnlp project -q -o $file.pnf $file.jsonl; done
want 0 pnlp project -q --channels none -o plain.pnf both.jsonl
want 0 pnlp project -q --projection ternary -o ternary.pnf both.jsonl

# refused WHY FILE OPTION VALUE [OPTION...]: on the command line; in a configuration the option changes nothing
# (which takes too long with sanitizers).
refused() {
  local why=$1 file=$2 option=$3 value=$4
  shift 4
  want 2 pnlp train -q $small "$@" "$option" "$value" -o m.pnlp $file 2>err
  lines err 1
  grep -q -- "^pnlp train: $option makes no sense $why" err || fail "$option: $(cat err)"
  [ ! -e m.pnlp ] || fail "$option: a model was written"
  [ -z "${SANITIZED:-}" ] || return 0
  echo "${option#--} = $value" >run.conf
  want 0 pnlp train -q $small "$@" --config run.conf -o with.pnlp $file 2>/dev/null
  want 0 pnlp train -q $small "$@" -o without.pnlp $file 2>/dev/null
  pnlp predict -m with.pnlp --scores $file >with.jsonl
  pnlp predict -m without.pnlp --scores $file >without.jsonl
  python3 - with.jsonl without.jsonl <<'END' || fail "$option counts"
import json, sys
def alike(a, b):
    if isinstance(a, dict): return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list): return len(a) == len(b) and all(map(alike, a, b))
    return abs(a - b) < 1e-3 if isinstance(a, float) else a == b  # --segment says in which order tokens are summed up
for ours, theirs in zip(*map(open, sys.argv[1:]), strict=True):
    assert alike(json.loads(ours), json.loads(theirs)), ours + theirs
END
}
# taken FILE OPTION...
taken() {
  local file=$1
  shift
  want 0 pnlp train -q $small "$@" -o taken.pnlp $file 2>/dev/null
}

refused "without word n-grams; ask for them with --word-ngrams" both.pnf --ngram-weights 2000
refused "without word n-grams" both.pnf --ngram-drop 0.2 --word-ngrams 0
refused "with the task tags: word n-grams tell labels" slots.pnf --ngram-drop 0.2
refused "with the task tags: word n-grams tell labels" both.pnf --ngram-weights 2000 --task tags
refused "where nothing is left out at random; give --feature-drop" both.pnf --r-drop 2 --feature-drop 0 --dropout 0
refused "where nothing is left out at random" both.pnf --r-drop 2 --feature-drop 0 --encoder none
taken both.pnf --r-drop 2 --encoder none
taken both.pnf --ngram-weights 2000 --ngram-drop 0.2 --word-ngrams 1
taken both.pnf --ngram-drop 0
want 2 pnlp train -q --ngram-weights 2000 -o m.pnlp slots.pnf 2>err
grep -q -- '--ngram-weights makes no sense with the task tags' err || fail "a preset with n-grams: $(cat err)"

refused "with features that have no channels" plain.pnf --channel-rows 64
taken plain.pnf --channel-rows 0
refused "with the encoder none, which has no layers" both.pnf --layers 2 --encoder none
refused "with the encoder none, which has no layers" both.pnf --dropout 0.2 --encoder none
refused "with the encoder none, which has no layers" both.pnf --hidden 8 --encoder none
refused "with the encoder conv, which has no hidden layer" both.pnf --hidden 8 --encoder conv
refused "with the encoder qrnn, which reads whole texts" both.pnf --segment 8 --encoder qrnn --dropout 0
refused "without layers" both.pnf --hidden 8 --layers 0
refused "without layers" both.pnf --segment 8 --layers 0
refused "without layers" both.pnf --dropout 0.2 --layers 0
taken both.pnf --encoder none --layers 0 --dropout 0
taken both.pnf --encoder mixer --layers 1 --hidden 8 --segment 8 --dropout 0.2

refused "without --teacher or --ensemble" both.pnf --teacher-weight 0.5
taken both.pnf --teacher-weight 0.5 --ensemble 1
refused "with the task label: it weighs slots beside labels" labels.pnf --tag-weight 2
refused "with the task tags: it weighs slots beside labels" slots.pnf --tag-weight 2
taken both.pnf --tag-weight 2
refused "for slots alone that a CRF weighs; give --no-crf" slots.pnf --label-smoothing 0.1 --crf
taken slots.pnf --label-smoothing 0.1 --no-crf
taken both.pnf --label-smoothing 0.1 --crf
refused "without slots" labels.pnf --slot-substitution 0.5
refused "without slots" both.pnf --slot-substitution 0.5 --task label
taken labels.pnf --slot-substitution 0
taken slots.pnf --slot-substitution 0.5
refused "without --checkpoint" both.pnf --checkpoint-every 2
taken both.pnf --checkpoint-every 2 --checkpoint state

# What reads records is of use as long as there are some.
refused "with a feature stream" both.pnf --format jsonl
refused "with a feature stream" both.pnf --max-line 100 --dev slots.pnf
refused "with a feature stream" both.pnf --label-field topic
taken both.pnf --format jsonl --dev both.jsonl

# contradicts WHY FILE OPTION VALUE [OPTION...]: refused in a configuration, too.
contradicts() {
  local why=$1 file=$2 option=$3 value=$4
  shift 4
  echo "${option#--} = $value" >run.conf
  want 2 pnlp train -q "$@" "$option" "$value" -o m.pnlp $file 2>err
  want 2 pnlp train -q "$@" --config run.conf -o m.pnlp $file 2>>err
  lines err 2
  [ "$(grep -c -- "^pnlp train: $option makes no sense $why" err)" -eq 2 ] || fail "$option: $(cat err)"
}
contradicts "with --dev" both.pnf --held-out 0.2 --dev both.pnf
contradicts "with --init, whose model brings its own" both.pnf --encoder mixer --init "$MODEL"
contradicts "with --init" both.pnf --word-ngrams 0 --init "$MODEL"
contradicts "with a feature stream" both.pnf --hashes 32
contradicts "with the projection ternary.* 512 numbers; --hashes says how many" ternary.pnf --feature-size 64
