#!/usr/bin/env python3
"""make_vectors.py RECORDS.jsonl TEXT BINARY: made-up vectors of the words of some texts, in both forms of word2vec."""

import json
import random
import struct
import sys

records, text, binary = sys.argv[1:]
words = {}
with open(records, encoding="utf-8") as file:
    for line in file:
        words.update(dict.fromkeys(json.loads(line)["text"].split()))
words = list(words)[::2]  # the others are unknown
draw = random.Random(7)
rows = [[round(draw.gauss(0, 0.1 * (i + 1)), 4) for i in range(9)] for _ in words]
with open(text, "w", encoding="utf-8") as file:
    file.write("%d 9\n" % len(words))
    for word, row in zip(words, rows):
        file.write("%s %s\n" % (word, " ".join(str(number) for number in row)))
with open(binary, "wb") as file:
    file.write(b"%d 9\n" % len(words))
    for word, row in zip(words, rows):
        file.write(word.encode() + b" " + struct.pack("<9f", *row) + b"\n")
