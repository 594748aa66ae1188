# quantize: a smaller model that labels nearly alike, whatever the threads; what it costs; what is refused.
. "$CLI/lib.sh"
want 0 pnlp quantize "$MODEL" -o small.pnlp >out 2>err
empty out err
[ "$(stat -c %s small.pnlp)" -le "$(stat -c %s "$MODEL")" ] || fail "the model is larger than one that is only stored in 8 bits"
want 0 pnlp info small.pnlp >out
grep -Eq '^weights +int8$' out || fail "weights: $(cat out)"
grep -Eq '^products +8-bit$' out || fail "products: $(cat out)"
want 0 pnlp info "$MODEL" >out
grep -Eq '^products +fp32$' out || fail "products: $(cat out)"
want 0 pnlp quantize -o - "$MODEL" >piped.pnlp
same small.pnlp piped.pnlp

# What it costs, as a table and as JSON; the model is the same.
want 0 pnlp quantize "$MODEL" -o again.pnlp --dev "$DEV" --unknown-labels wrong >out 2>err
same small.pnlp again.pnlp
empty err
grep -Eq '^100 records; [0-9.]+ % are labelled as before$' out || fail "$(cat out)"
for metric in accuracy exact exact-spans span-f1; do grep -Eq "^$metric +[0-9.]+%" out || fail "no $metric"; done
want 0 pnlp quantize "$MODEL" -o again.pnlp --dev "$DEV" --unknown-labels wrong --json >out
grep -Eq '^\{"records":100,"equal":[0-9.]+,"metrics":\{"accuracy":\{"before":[0-9.]+,"after":[0-9.]+\}' out || fail "$(cat out)"

# Predictions do not depend on threads, nor on the lines being alone or many.
want 0 pnlp predict -m small.pnlp --threads 1 "$DEV" >one
want 0 pnlp predict -m small.pnlp --threads 2 "$DEV" >two
same one two
want 0 pnlp predict -m small.pnlp --line-buffered "$DEV" >alone
same one alone
tac "$DEV" | want 0 pnlp predict -m small.pnlp | tac >backwards
same one backwards
want 0 pnlp predict -m "$MODEL" "$DEV" >float
[ "$(predictions one | grep -o '"label":"[^"]*"' | paste - "$DEV" | wc -l)" -ge 100 ] || fail "labels are missing"

# It goes on being trained.
want 0 pnlp train -q --init small.pnlp --epochs 1 --dev "$DEV" -o trained.pnlp "$TRAIN"

# Refused, and what was there stays.
cp small.pnlp kept.pnlp
want 2 pnlp quantize small.pnlp -o kept.pnlp >out 2>err
grep -q 'small.pnlp: the model is in 8 bits already' err || fail "$(cat err)"
want 2 pnlp quantize missing.pnlp -o kept.pnlp 2>err
grep -q 'missing.pnlp' err || fail "$(cat err)"
want 2 pnlp quantize "$MODEL" 2>err
grep -q 'no place for the model' err || fail "$(cat err)"
echo '{"text":"wake me at seven"}' >bare.jsonl
want 2 pnlp quantize "$MODEL" -o kept.pnlp --dev bare.jsonl >out 2>err
empty out
grep -q 'bare.jsonl' err || fail "$(cat err)"
want 2 pnlp quantize "$MODEL" -o - --dev "$DEV" --unknown-labels wrong >out 2>err
empty out
want 2 pnlp quantize "$MODEL" -o kept.pnlp --json 2>err
grep -q 'only with --dev' err || fail "$(cat err)"
want 2 pnlp quantize "$DEV" -o kept.pnlp 2>err
head -c 1000 "$MODEL" >cut.pnlp
want 2 pnlp quantize cut.pnlp -o kept.pnlp 2>err
same small.pnlp kept.pnlp
[ -z "$(litter)" ] || fail "left behind: $(litter)"
