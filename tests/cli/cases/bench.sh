# Every stage is measured, and what is said of them fits together.
. "$CLI/lib.sh"
head -n 300 "$SAMPLE/test.jsonl" >in.jsonl
want 0 pnlp bench -m "$MODEL" --repeat 2 --json --threads 1 in.jsonl >out.json 2>err
grep -v 'too noisy' err >left
empty left
python3 - <<'END' || fail "$(cat out.json)"
import json
report = json.load(open("out.json"))
assert report["records"] == 300 and report["tokens"] > 1500 and report["runs"] == 2
assert [s["name"] for s in report["stages"]] == ["read", "tokenize+project", "predict", "write", "program"]
for stage in report["stages"]:
    assert abs(stage["rows_per_second"] * stage["microseconds_per_row"] - 1e6) < 1, stage
    assert stage["spread"] >= 0 and 0 <= stage["waiting"] <= 1, stage
assert report["stages"][4]["waiting"] == 0 and report["products"] == "fp32"
assert 0 < report["gflops"] < 1.05 * report["peak_gflops"]
assert report["peak_memory_bytes"] > 1e6 and report["startup_milliseconds"] > 0
stages = report["stages"]
noisy = max(s["spread"] for s in stages) > 0.2 or max(s["waiting"] for s in stages) > 0.1
assert report["noisy"] == noisy
assert open("err").read().count("too noisy") == noisy
END
want 0 pnlp bench -m "$MODEL" --repeat 1 in.jsonl >table 2>err
grep -q '^tokenize+project  *[0-9]' table || fail "$(cat table)"
want 2 pnlp bench -m "$MODEL" - 2>err
want 2 pnlp bench -m "$MODEL" 2>err
# A model in 8 bits stands beside the peak of products in 8 bits.
pnlp quantize -q -o eight.pnlp "$MODEL" 2>err
want 0 pnlp bench -m eight.pnlp --repeat 1 --json in.jsonl >out.json 2>err
grep -q '"products": \?"8-bit"' out.json || fail "$(cat out.json)"
want 0 pnlp bench -m eight.pnlp --repeat 1 in.jsonl >table 2>err
grep -q "^predict .* GOP/s, [0-9]* % of this core's" table || fail "$(cat table)"
pnlp project in.jsonl >in.pnf
want 2 pnlp bench -m "$MODEL" in.pnf 2>err
: >none
want 2 pnlp bench -m "$MODEL" none 2>err
