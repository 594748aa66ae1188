#!/bin/sh
# project.sh PNLP RECORDS.jsonl READER...: what `pnlp project` writes is read, and found right, by READER.
set -eu
pnlp=$1 records=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -n 50 "$records" >"$folder/records.jsonl"
"$pnlp" project -t chars -o "$folder/one.pnf" "$folder/records.jsonl"
"$@" "$folder/one.pnf" "$folder/records.jsonl"
# Two streams behind each other, the second from a pipe.
"$pnlp" project -t chars <"$folder/records.jsonl" | cat "$folder/one.pnf" - >"$folder/both.pnf"
cat "$folder/records.jsonl" "$folder/records.jsonl" >"$folder/twice.jsonl"
"$@" "$folder/both.pnf" "$folder/twice.jsonl"
# N-grams of letters.
"$pnlp" project --channels letters,word -o "$folder/letters.pnf" "$folder/records.jsonl"
"$@" "$folder/letters.pnf" "$folder/records.jsonl"
for kind in simhash ternary binary; do
  "$pnlp" project --projection $kind --hashes 70 -o "$folder/$kind.pnf" "$folder/records.jsonl"
  "$@" "$folder/$kind.pnf" "$folder/records.jsonl"
done
# Vectors, from either form of their file.
"$(dirname "$0")/make_vectors.py" "$folder/records.jsonl" "$folder/vectors.txt" "$folder/vectors.bin"
"$pnlp" project --projection "vectors:$folder/vectors.txt" -o "$folder/text.pnf" "$folder/records.jsonl"
"$@" "$folder/text.pnf" "$folder/records.jsonl" "$folder/vectors.txt"
"$pnlp" project --projection "vectors:$folder/vectors.bin" -o "$folder/binary.pnf" "$folder/records.jsonl"
cmp "$folder/text.pnf" "$folder/binary.pnf"
