# Flags over --config over defaults; keys that are not known are errors; the environment counts for nothing.
. "$CLI/lib.sh"
echo 'wake me' >in
echo '{"lines": true}' >lines.json
pnlp tokenize --config lines.json in
printf '# pieces\nlines = true\n' | pnlp tokenize --config - in
pnlp tokenize --config lines.json --lines=false in
echo '{"lines": true, "thread": 2}' >unknown.json
pnlp tokenize --config unknown.json in && fail "an unknown key was taken"
printf 'lines\n' >malformed.conf
pnlp tokenize --config malformed.conf in && fail "a malformed line was taken"
echo '{"lines": ' >cut.json
pnlp tokenize --config cut.json in && fail "cut JSON was taken"
pnlp tokenize --config none.json in && fail "a missing file was taken"
PNLP_LINES=1 LINES=1 pnlp tokenize in
