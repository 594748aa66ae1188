#!/usr/bin/env python3
"""BERT's tokenizer once more, in plain Python: the judge of pnlp's wordpiece units.

usage: bert_tokenizer.py [--uncased] VOCABULARY < texts > units

One text a line in, its units joined by spaces out. Written from the description of BERT's
BasicTokenizer and WordpieceTokenizer, with nothing in common with pnlp's code; slow and plain.
"""

import argparse
import sys
import unicodedata

UNKNOWN = "[UNK]"
MOST_CHARS = 200  # longer words are unknown

IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)


def read_vocabulary(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        pieces = {line.strip() for line in file}
    if UNKNOWN not in pieces:
        sys.exit(f"bert_tokenizer.py: {path}: no {UNKNOWN}")
    return pieces


def is_white(char):
    return char in " \t\n\r" or unicodedata.category(char) == "Zs"


def is_control(char):
    return char not in "\t\n\r" and unicodedata.category(char) in ("Cc", "Cf")


def is_punctuation(char):
    code = ord(char)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(char).startswith("P")


def is_ideograph(char):
    return any(low <= ord(char) <= high for low, high in IDEOGRAPHS)


def clean(text):
    out = []
    for char in text:
        if char in "\0\ufffd" or is_control(char):
            continue
        if is_white(char):
            out.append(" ")
        elif is_ideograph(char):
            out.append(f" {char} ")
        else:
            out.append(char)
    return "".join(out)


def without_accents(word):
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def at_punctuation(word):
    parts, fresh = [], True
    for char in word:
        if is_punctuation(char):
            parts.append(char)
            fresh = True
        elif fresh:
            parts.append(char)
            fresh = False
        else:
            parts[-1] += char
    return parts


def basic_tokens(text, uncased):
    tokens = []
    for word in clean(text).split():
        if uncased:
            word = without_accents(word.lower())
        tokens.extend(at_punctuation(word))
    return " ".join(tokens).split()


def word_pieces(word, vocabulary):
    if len(word) > MOST_CHARS:
        return [UNKNOWN]
    pieces, begin = [], 0
    while begin < len(word):
        for end in range(len(word), begin, -1):
            piece = ("##" if begin else "") + word[begin:end]
            if piece in vocabulary:
                pieces.append(piece)
                begin = end
                break
        else:
            return [UNKNOWN]
    return pieces


def units(text, vocabulary, uncased):
    return [unit for word in basic_tokens(text, uncased) for unit in word_pieces(word, vocabulary)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--uncased", action="store_true")
    parser.add_argument("vocabulary")
    options = parser.parse_args()
    vocabulary = read_vocabulary(options.vocabulary)
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin:
        print(" ".join(units(line.rstrip("\n"), vocabulary, options.uncased)))


if __name__ == "__main__":
    main()
