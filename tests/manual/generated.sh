#!/bin/bash
# generated.sh PNLP_DOCS SOURCE: fails if a committed page or completion is not what the option tables give.
set -u
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
"$1" "$2" "$scratch" || exit 1
status=0
for file in "$scratch"/man/* "$scratch"/completions/*; do
  diff -u "$2/${file#"$scratch/"}" "$file" || status=1
done
[ $status -eq 0 ] || echo "build the target 'docs' and commit what it writes"
exit $status
