#!/bin/sh
# usage: agree.sh JUDGE_PIECES TOKENIZER FOLDER JUDGE...
# Fails unless the library and the judge give the same pieces for kitchen.txt and hard.txt of FOLDER.
set -eu
pieces=$1 tokenizer=$2 folder=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat "$folder/kitchen.txt" "$folder/hard.txt" > "$work/texts"
"$pieces" "$tokenizer" < "$work/texts" > "$work/ours"
"$@" < "$work/texts" > "$work/theirs"
[ -s "$work/ours" ]
diff "$work/theirs" "$work/ours"
