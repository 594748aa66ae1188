# With -v predict and project say how many words they remembered: of three words twice, half.
. "$CLI/lib.sh"
printf 'wake me up\nwake me up\n' >in
pnlp predict -v -m "$MODEL" in 2>err >/dev/null
grep -qx 'pnlp predict: 6 words, 50.0 % of them remembered from before' err || fail "$(cat err)"
pnlp project -v in 2>err >/dev/null
grep -qx 'pnlp project: 6 words, 50.0 % of them remembered from before' err || fail "$(cat err)"
