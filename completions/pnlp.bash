# Made from the option tables by the target pnlp_docs: do not edit.
_pnlp() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word
  # Bash cuts --name=value into three words.
  if [[ $cur == '=' ]]; then
    cur=
  elif [[ $prev == '=' ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'help tokenize project train predict eval bench quantize info --help --version' -- "$cur"))
    return
  fi
  case ${COMP_WORDS[1]} in
    help) COMPREPLY=($(compgen -W 'tokenize project train predict eval bench quantize info' -- "$cur")) ;;
    tokenize)
      case $prev in
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip null' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --tokenizer|-t) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --type) COMPREPLY=($(compgen -W 'unigram bpe' -- "$cur")) ;;
        --vocabulary) : ;;
        --coverage) : ;;
        --max-sentences) : ;;
        --seed) : ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --tokenizer --learn --type --vocabulary --coverage --max-sentences --seed --output --lines --force --line-buffered --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    project)
      case $prev in
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip null' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --tokenizer|-t) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --projection) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --hashes) : ;;
        --ngram) : ;;
        --channels) : ;;
        --hash-seed) : ;;
        --model|-m) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --tokenizer --projection --hashes --ngram --lowercase --channels --hash-seed --model --output --compress --force --line-buffered --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    train)
      case $prev in
        --dev) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --soft-targets) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --tokenizer|-t) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --projection) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --hashes) : ;;
        --ngram) : ;;
        --channels) : ;;
        --hash-seed) : ;;
        --preset) COMPREPLY=($(compgen -W 'megabyte sentence document few-documents xsmall small base large xlarge' -- "$cur")) ;;
        --task) COMPREPLY=($(compgen -W 'label multilabel tags joint' -- "$cur")) ;;
        --encoder) COMPREPLY=($(compgen -W 'mixer conv-mixer conv lstm transformer qrnn shift hyper-mixer hourglass none' -- "$cur")) ;;
        --feature-size) : ;;
        --channel-rows) : ;;
        --window) : ;;
        --bottleneck) : ;;
        --hidden) : ;;
        --layers) : ;;
        --segment) : ;;
        --word-ngrams) : ;;
        --ngram-weights) : ;;
        --max-tokens) : ;;
        --init) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --epochs) : ;;
        --batch) : ;;
        --arithmetic) COMPREPLY=($(compgen -W 'bf16 fp32' -- "$cur")) ;;
        --optimizer) COMPREPLY=($(compgen -W 'adamw adam' -- "$cur")) ;;
        --lr) : ;;
        --schedule) COMPREPLY=($(compgen -W 'cosine constant' -- "$cur")) ;;
        --warmup) : ;;
        --feature-drop) : ;;
        --ngram-drop) : ;;
        --separate-loss) : ;;
        --r-drop) : ;;
        --slot-substitution) : ;;
        --word-dropout) : ;;
        --dropout) : ;;
        --weight-decay) : ;;
        --ema) : ;;
        --clip) : ;;
        --label-smoothing) : ;;
        --tag-weight) : ;;
        --class-weight) : ;;
        --teacher) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --ensemble) : ;;
        --teacher-weight) : ;;
        --metric) COMPREPLY=($(compgen -W 'accuracy macro-f1 micro-f1 weighted-f1 exact exact-spans span-f1 span-precision span-recall slot-words ece' -- "$cur")) ;;
        --patience) : ;;
        --held-out) : ;;
        --seed) : ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --weights) COMPREPLY=($(compgen -W 'int8 fp32' -- "$cur")) ;;
        --checkpoint) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --checkpoint-every) : ;;
        --log) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--dev --format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --soft-targets --on-error --invalid-utf8 --overlapping-spans --max-line --tokenizer --projection --hashes --ngram --lowercase --channels --hash-seed --preset --task --encoder --feature-size --channel-rows --window --bottleneck --hidden --layers --segment --word-ngrams --ngram-weights --max-tokens --crf --no-crf --init --epochs --batch --arithmetic --optimizer --lr --schedule --warmup --feature-drop --ngram-drop --separate-loss --r-drop --slot-substitution --word-dropout --dropout --weight-decay --ema --clip --label-smoothing --tag-weight --class-weight --teacher --ensemble --teacher-weight --metric --patience --held-out --seed --output --weights --checkpoint --checkpoint-every --resume --log --force --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    predict)
      case $prev in
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip null' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --model|-m) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --top) : ;;
        --threshold) : ;;
        --min-score) : ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --into) : ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --model --top --scores --threshold --min-score --output --into --tsv --line-buffered --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    eval)
      case $prev in
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --model|-m) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --predictions|-p) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --into) : ;;
        --by) COMPREPLY=($(compgen -W 'order id' -- "$cur")) ;;
        --unknown-labels) COMPREPLY=($(compgen -W 'error wrong' -- "$cur")) ;;
        --threshold) : ;;
        --min-score) : ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --metric) : ;;
        --html) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --title) : ;;
        --confusions) : ;;
        --bootstrap) : ;;
        --seed) : ;;
        --require) : ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --model --predictions --into --by --unknown-labels --threshold --min-score --output --json --metric --html --title --confusions --bootstrap --seed --require --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    bench)
      case $prev in
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --model|-m) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --repeat) : ;;
        --threads) : ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --model --repeat --threads --output --json --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    quantize)
      case $prev in
        --dev) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --format) COMPREPLY=($(compgen -W 'automatic lines jsonl tsv fasttext conll' -- "$cur")) ;;
        --text-field) : ;;
        --label-field) : ;;
        --tokens-field) : ;;
        --tags-field) : ;;
        --spans-field) : ;;
        --id-field) : ;;
        --on-error) COMPREPLY=($(compgen -W 'fail skip' -- "$cur")) ;;
        --invalid-utf8) COMPREPLY=($(compgen -W 'fail replace skip' -- "$cur")) ;;
        --overlapping-spans) COMPREPLY=($(compgen -W 'fail keep-longest' -- "$cur")) ;;
        --max-line) : ;;
        --unknown-labels) COMPREPLY=($(compgen -W 'error wrong' -- "$cur")) ;;
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --threads) : ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--dev --format --text-field --label-field --tokens-field --tags-field --spans-field --id-field --on-error --invalid-utf8 --overlapping-spans --max-line --unknown-labels --json --output --force --threads --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
    info)
      case $prev in
        --output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
        *)
          if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--json --output --quiet --verbose --config --help --version' -- "$cur"))
          else
            compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur"))
          fi
          ;;
      esac
      ;;
  esac
}
complete -F _pnlp pnlp
