#!/bin/bash
# references.sh SOURCE: every page of pnlp that is referred to exists, in manual pages (.Xr) as in documents, messages
# and comments (name(section)), and pnlp(1) leads to every page.
set -u
cd "$1" || exit 2
status=0

# References as PLACE NAME.SECTION, one a line.
references() {
  grep -nE '^\.Xr pnlp' man/*.[15] man/*.in | sed -E 's/^([^:]*:[0-9]*):\.Xr ([^ ]+) ([0-9]+).*/\1 \2.\3/'
  grep -rnoE '\bpnlp(-[a-z]+)?\([0-9]\)' ./*.md man lib cmd completions |
    sed -E 's/^([^:]*:[0-9]*):([^(]*)\((.)\)$/\1 \2.\3/'
}

found=0
while read -r place page; do
  found=$((found + 1))
  [ -f "man/$page" ] || { echo "$place: there is no page $page"; status=1; }
done < <(references)
# So many are known to be there: a pattern that no longer matches is no success.
[ $found -ge 50 ] || { echo "only $found references were found"; status=1; }

for file in man/*.[15]; do
  page=${file#man/}
  [ "$page" = pnlp.1 ] && continue
  grep -q "^\.Xr ${page%.*} ${page##*.}" man/pnlp.1 || { echo "man/pnlp.1: no reference to $page"; status=1; }
done
exit $status
