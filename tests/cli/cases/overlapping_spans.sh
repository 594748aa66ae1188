# Overlapping gold spans are malformed, unless the longest is asked for; then the rest is counted.
. "$CLI/lib.sh"
printf '%s\n' '{"text":"wake me at seven","spans":[{"start":8,"end":16,"label":"TIME"},{"start":11,"end":16,"label":"TIME"}]}' >overlap.jsonl
want 2 pnlp project overlap.jsonl -o a.pnf 2>error
grep -q 'overlap.jsonl:1: .*overlaps' error || fail "no place in the message"
want 0 pnlp project --overlapping-spans keep-longest overlap.jsonl -o a.pnf 2>error
grep -q '1 gold span left out' error || fail "what was left out is not counted"
printf '%s\n' '{"text":"wake me at seven","spans":[{"start":8,"end":16,"label":"TIME"}]}' >longest.jsonl
want 0 pnlp project longest.jsonl -o b.pnf
same a.pnf b.pnf
