#!/usr/bin/env python3
"""Judges `pnlp eval --json` on random gold and predictions by an implementation of its own.

    metrics_judge.py PNLP            draw cases, run PNLP on each, compare every number
    metrics_judge.py --cases DIR     only write the cases' files to DIR

Definitions: precision, recall and F1 per label from counts; macro over the labels that occur,
weighted by support; ECE over 15 equal-width bins (k/15, (k+1)/15]; spans by conlleval.py.
"""
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections import Counter

import conlleval

BINS = 15


def ratio(part, whole):
    return part / whole if whole else 0.0


def single(value):
    """The nearest number of single precision: probabilities are such numbers."""
    return struct.unpack("f", struct.pack("f", value))[0]


def label_sets(record):
    """Gold and predicted labels of a record, as sets."""
    gold, guess = record["label"], record["prediction"]
    if isinstance(gold, dict):
        best = max(gold.values())
        gold = next(name for name, weight in gold.items() if weight == best)
    gold = set(gold) if isinstance(gold, list) else {gold}
    if "labels" in guess:
        return gold, {item["label"] for item in guess["labels"]}
    return gold, set() if guess["label"] is None else {guess["label"]}


def label_report(records):
    right, found, gold_counts, confusion = Counter(), Counter(), Counter(), Counter()
    for record in records:
        gold, guess = label_sets(record)
        right.update(gold & guess)
        found.update(guess)
        gold_counts.update(gold)
        confusion.update((label, label) for label in gold & guess)
        missed, wrong = gold - guess, guess - gold
        if missed or wrong:
            confusion.update((m, w) for m in missed or {None} for w in wrong or {None})
    labels = {}
    for name in set(found) | set(gold_counts):
        precision = ratio(right[name], found[name])
        recall = ratio(right[name], gold_counts[name])
        labels[name] = {"precision": precision, "recall": recall,
                        "f1": ratio(2 * precision * recall, precision + recall),
                        "support": gold_counts[name], "predicted": found[name],
                        "right": right[name]}
    return labels, confusion


def chances(records):
    for record in records:
        gold, guess = label_sets(record)
        prediction = record["prediction"]
        if "scores" in prediction and "labels" in prediction:
            for name, probability in prediction["scores"].items():
                yield single(probability), name in gold
        elif guess and "labels" not in prediction:
            yield single(prediction["score"]), guess <= gold


def calibration(records):
    bins = [[0, 0.0, 0] for _ in range(BINS)]
    for probability, right in chances(records):
        place = next(k for k in range(BINS) if probability * BINS <= k + 1)
        bins[place][0] += 1
        bins[place][1] += probability
        bins[place][2] += right
    total = sum(count for count, _, _ in bins)
    if not total:
        return None
    return sum(count / total * abs(right / count - mass / count)
               for count, mass, right in bins if count)


def same_spans(record):
    return (conlleval.chunks(record["tags"]) ==
            conlleval.chunks(record["prediction"]["tags"]))


def judge(records):
    """All metrics of the records, by name; per-label figures; confusion; per-type figures."""
    metrics, labels, confusion, types = {}, {}, {}, {}
    has_labels, has_spans = "label" in records[0], "tags" in records[0]
    n = len(records)
    if has_labels:
        labels, confusion = label_report(records)
        metrics["accuracy"] = sum(g == p for g, p in map(label_sets, records)) / n
        metrics["macro-f1"] = ratio(math.fsum(v["f1"] for v in labels.values()), len(labels))
        support = sum(v["support"] for v in labels.values())
        metrics["weighted-f1"] = ratio(
            math.fsum(v["f1"] * v["support"] for v in labels.values()), support)
        right = sum(v["right"] for v in labels.values())
        precision = ratio(right, sum(v["predicted"] for v in labels.values()))
        recall = ratio(right, support)
        metrics["micro-f1"] = ratio(2 * precision * recall, precision + recall)
        if (error := calibration(records)) is not None:
            metrics["ece"] = error
    if has_spans:
        tally = conlleval.Tally()
        for record in records:
            tally.add(record["tags"], record["prediction"]["tags"])
        metrics["span-precision"], metrics["span-recall"], metrics["span-f1"] = tally.scores()
        types = {kind: dict(zip(("precision", "recall", "f1"), tally.scores(kind)),
                            support=tally.gold[kind], predicted=tally.found[kind],
                            right=tally.correct[kind]) for kind in tally.kinds()}
        metrics["exact-spans"] = sum(map(same_spans, records)) / n
        pairs = [pair for record in records
                 for pair in zip(well_formed(record["tags"]),
                                 well_formed(record["prediction"]["tags"])) if pair[0] != "O"]
        if pairs:
            metrics["slot-words"] = sum(gold == guess for gold, guess in pairs) / len(pairs)
    metrics["exact"] = sum(
        (not has_labels or len(set(map(frozenset, label_sets(record)))) == 1)
        and (not has_spans or same_spans(record)) for record in records) / n
    return metrics, labels, confusion, types


def well_formed(tags):
    """The tags with every chunk's first one a B."""
    result = ["O"] * len(tags)
    for kind, start, end in conlleval.chunks(tags):
        result[start:end] = ["B-" + kind] + ["I-" + kind] * (end - start - 1)
    return result


def differences(expected, report):
    metrics, labels, confusion, types = expected
    yield from compare("metrics", metrics, report["metrics"])
    yield from compare_rows("labels", labels, report.get("labels", []))
    yield from compare_rows("types", types, report.get("spans", {}).get("types", []))
    cells = {(c["gold"], c["predicted"]): c["count"] for c in report.get("confusion", [])}
    if cells != dict(confusion):
        yield f"confusion: {cells} for {dict(confusion)}"


def compare_rows(what, expected, rows):
    given = {row["label"]: {k: v for k, v in row.items() if k != "label"} for row in rows}
    if set(given) != set(expected):
        yield f"{what}: {sorted(given)} for {sorted(expected)}"
        return
    for name, values in expected.items():
        yield from compare(f"{what} {name}", values, given[name])
    order = [(-row["support"], row["label"].encode()) for row in rows]
    if order != sorted(order):
        yield f"{what}: not in the order of support and name"


def compare(what, expected, given):
    if set(expected) != set(given):
        yield f"{what}: {sorted(given)} for {sorted(expected)}"
        return
    for name, value in expected.items():
        if abs(value - given[name]) > 1e-9:
            yield f"{what}: {name} is {given[name]}, judged {value}"


def draw_words(draw):
    words = [draw.choice(["wake", "me", "at", "seven", "Köln", "über", "七時", "now!"])
             for _ in range(draw.randrange(12))]
    ranges, at = [], 0
    for word in words:
        size = len(word.encode())
        ranges.append((at, at + size))
        at += size + 1
    return words, ranges


def draw_tags(draw, words, kinds):
    """Any order of tags, so also an I without its B."""
    return ["O" if draw.random() < 0.4 else f"{draw.choice('BI')}-{draw.choice(kinds)}"
            for _ in words]


def draw_record(draw, case, index):
    words, ranges = draw_words(draw)
    record = {"id": index, "text": " ".join(words)}
    guess = {}
    names = case["names"]
    if case["labels"] == "several":
        record["label"] = sorted(draw.sample(names, draw.randrange(len(names))))
        scores = {name: round(draw.random(), 6) for name in names}
        guess["labels"] = [{"label": name, "score": score} for name, score in scores.items()
                           if score >= 0.5]
        if case["scores"]:
            guess["scores"] = scores
    elif case["labels"]:
        gold = draw.choice(names[:-1])
        other = draw.choice(names)
        record["label"] = gold
        if case["labels"] == "soft":
            record["label"] = {gold: 0.6, other: 0.6 if draw.random() < 0.2 else 0.3}
        guess["label"] = draw.choice([gold, other, None] if case["nulls"] else [gold, other])
        # Many probabilities on the bins' bounds, where mistakes are made.
        guess["score"] = draw.choice([draw.random(), draw.randrange(16) / 15, 0, 1, 0.2, 0.6])
    if case["spans"]:
        record["tokens"] = words
        record["tags"] = draw_tags(draw, words, case["kinds"])
        guess["tags"] = (record["tags"] if draw.random() < 0.4
                         else draw_tags(draw, words, case["kinds"]))
        guess["spans"] = [
            {"start": ranges[start][0], "end": ranges[end - 1][1], "label": kind}
            for kind, start, end in sorted(conlleval.chunks(guess["tags"]), key=lambda c: c[1])]
    record["prediction"] = guess
    return record


def cases(draw):
    for labels in ("single", "soft", "several", None):
        for spans in (True, False):
            for size in (1, 7, 300):
                if labels or spans:
                    names = ["set", "stop", 'a "quoted" name', "überall", "<b>"]
                    case = {"labels": labels, "spans": spans, "nulls": draw.random() < 0.5,
                            "scores": draw.random() < 0.7, "names": names,
                            "kinds": ["time", "place", "B-odd"]}
                    yield [draw_record(draw, case, index) for index in range(size)]


def write(path, records):
    with open(path, "w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_case(folder, number, records, draw):
    """Gold, predictions in order and out of order: three files of one case."""
    gold = [{k: v for k, v in record.items() if k != "prediction"} for record in records]
    guesses = [{"id": record["id"], "prediction": record["prediction"]} for record in records]
    paths = [os.path.join(folder, f"{number}-{part}.jsonl")
             for part in ("both", "gold", "predictions", "shuffled")]
    write(paths[0], records)
    write(paths[1], gold)
    write(paths[2], guesses)
    draw.shuffle(guesses)
    write(paths[3], guesses)
    return paths


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0 or result.stderr:
        sys.exit(f"{' '.join(command)}: status {result.returncode}: {result.stderr}")
    return json.loads(result.stdout)


def main():
    draw = random.Random(20)
    if sys.argv[1] == "--cases":
        os.makedirs(sys.argv[2], exist_ok=True)
        for number, records in enumerate(cases(draw)):
            write_case(sys.argv[2], number, records, draw)
        return
    program, failed, number = sys.argv[1], 0, -1
    with tempfile.TemporaryDirectory() as folder:
        for number, records in enumerate(cases(draw)):
            both, gold, predictions, shuffled = write_case(folder, number, records, draw)
            base = [program, "eval", "--json", "--bootstrap", "0"]
            expected = judge(records)
            for arguments in ([both], ["-p", predictions, gold],
                              ["--by", "id", "-p", shuffled, gold]):
                for line in differences(expected, run(base + arguments)):
                    print(f"case {number} {arguments[0]}: {line}")
                    failed += 1
    print(f"{number + 1} cases, {failed} differences")
    sys.exit(1 if failed or number < 0 else 0)


if __name__ == "__main__":
    main()
