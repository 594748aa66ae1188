#!/usr/bin/env python3
"""Draws records: draw.py --rows N|all --seed S FILE.jsonl

The order is that of a hash of seed and line, so a smaller draw is the beginning of a larger one. Texts and labels alone."""

import argparse
import hashlib
import json


def main():
    parser = argparse.ArgumentParser(description="draws records")
    parser.add_argument("--rows", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("file")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        lines = file.readlines()
    if arguments.rows != "all":
        seeded = arguments.seed.encode() + b"\n"
        lines.sort(key=lambda line: hashlib.sha256(seeded + line.encode()).digest())
        lines = lines[: int(arguments.rows)]
    for line in lines:
        record = json.loads(line)
        print(json.dumps({"text": record["text"], "label": record["label"]}, ensure_ascii=False))


if __name__ == "__main__":
    main()
