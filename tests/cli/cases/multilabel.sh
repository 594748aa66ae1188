# Several labels a record, and a class alone.
. "$CLI/lib.sh"
python3 - <<'END'
import random
random.seed(1)
words = {"red": "crimson scarlet ruby", "blue": "azure navy cobalt", "loud": "bang crash boom"}
with open("several.jsonl", "w") as several, open("one.jsonl", "w") as one:
    for i in range(600):
        labels = sorted(random.sample(list(words), random.randint(0, 2)))
        text = " ".join(random.choice(words[label].split()) for label in labels) + " thing"
        several.write('{"text":"%s","label":[%s]}\n' % (text, ",".join('"%s"' % label for label in labels)))
        label = random.choice(list(words))
        one.write('{"text":"a %s thing","label":"%s"}\n' % (random.choice(words[label].split()), label))
END
small="--preset xsmall --hidden 16 --bottleneck 16 --layers 1 --epochs 30 --lr 0.01"
want 0 pnlp train $small -o several.pnlp several.jsonl
pnlp info several.pnlp | grep -q '^task  *multilabel$' || fail "$(pnlp info several.pnlp)"
pnlp predict -m several.pnlp several.jsonl >out
python3 - <<'END' || fail "labels"
import json
right = 0
for line in open("out"):
    record = json.loads(line)
    right += sorted(l["label"] for l in record["prediction"]["labels"]) == record["label"]
assert right > 570, right
END
echo 'ruby boom thing' | pnlp predict -m several.pnlp --threshold 0 | predictions - | grep -o label | wc -l | grep -qx 4 || fail "threshold 0"
want 2 pnlp predict -m several.pnlp --min-score 0.5 several.jsonl 2>err
want 0 pnlp train $small --class-weight balanced --class-weight red=2 -o one.pnlp one.jsonl
pnlp info one.pnlp | grep -q '^task  *label$' || fail "$(pnlp info one.pnlp)"
pnlp predict -m one.pnlp one.jsonl | grep -vc '"label":"\(.*\)",.*"label":"\1"' | grep -qx 0 || fail "classes"
