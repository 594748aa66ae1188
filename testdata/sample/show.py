#!/usr/bin/env python3
"""Prints what `pnlp predict` wrote as a person reads it: text, label with its probability, slots.

    pnlp predict -m sample.pnlp requests.jsonl | testdata/sample/show.py
"""

import json
import sys


def show(row):
    prediction, text = row["prediction"], row["text"].encode()
    slots = [
        "%s: %s" % (span["label"], text[span["start"] : span["end"]].decode())
        for span in prediction.get("spans", [])
    ]
    label = "%s %.2f" % (prediction["label"] or "(none)", prediction["score"])
    print("  %s\n      %-24s %s" % (row["text"], label, "   ".join(slots)))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    for line in open(0, encoding="utf-8"):
        show(json.loads(line))
