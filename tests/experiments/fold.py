#!/usr/bin/env python3
"""One fold of cross-validation over all records of some files: fold.py --fold K --folds N --out FOLDER FILE...

A record's fold follows from its text alone, so equal texts are never on both sides. FOLDER/dev.jsonl gets fold K (of
1..N), FOLDER/train.jsonl the others."""

import argparse
import hashlib
import json
import os


def fold_of(text, folds):
    """1..folds, by the words of a text: neither case nor space count."""
    words = " ".join(text.lower().split())
    return 1 + int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") % folds


def main():
    parser = argparse.ArgumentParser(description="one fold of cross-validation")
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--folds", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    sides = {"train": [], "dev": []}
    for name in arguments.files:
        with open(name, encoding="utf-8") as file:
            for line in file:
                held = fold_of(json.loads(line)["text"], arguments.folds) == arguments.fold
                sides["dev" if held else "train"].append(line)
    for side, lines in sides.items():
        path = os.path.join(arguments.out, side + ".jsonl")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.rename(path + ".new", path)


if __name__ == "__main__":
    main()
