#!/bin/bash
# completions.sh SOURCE: the completions of bash, zsh and fish parse, and those of bash and fish complete.
set -u
cd "$1/completions" || exit 2
status=0

export LC_ALL=C

# What completes the last word, in alphabetical order.
complete_bash() { # EXPECTED WORD...
  local expected=$1
  shift
  # shellcheck disable=SC1091
  local got
  got=$(bash -c 'source ./pnlp.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _pnlp; printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' ')
  [ "$got" = "$expected " ] || { echo "bash: '$*' gives '$got', not '$expected'"; status=1; }
}
complete_bash "tokenize" pnlp tok
complete_bash "--tokenizer --tokens-field" pnlp project --toke
complete_bash "xlarge xsmall" pnlp train --preset x
complete_bash "xlarge xsmall" pnlp train --preset = x
complete_bash "fail null skip" pnlp predict --on-error ""
complete_bash "pnlp.bash pnlp.fish" pnlp predict -m pnlp

complete_fish() { # EXPECTED LINE
  command -v fish >/dev/null || return
  local got
  got=$(HOME=/nonexistent fish --no-config -c "source ./pnlp.fish; complete -C '$2'" 2>/dev/null | cut -f1 | sort | tr '\n' ' ')
  [ "$got" = "$1 " ] || { echo "fish: '$2' gives '$got', not '$1'"; status=1; }
}
complete_fish "tokenize" "pnlp toke"
complete_fish "xlarge xsmall" "pnlp train --preset x"
complete_fish "--hash-seed --hashes --held-out --help --hidden" "pnlp train --h"

bash -n pnlp.bash || status=1
if command -v zsh >/dev/null; then zsh -n _pnlp || status=1; fi
exit $status
