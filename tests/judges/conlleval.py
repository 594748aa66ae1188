#!/usr/bin/env python3
"""Span precision, recall and F1 as the CoNLL-2000 shared task's evaluation script defines them.

Written from the published definition (Tjong Kim Sang and Buchholz 2000; the script's rules for
where a chunk starts and ends), without regard to how pnlp counts. A chunk counts as right when its
type and both its ends are right.

As a program: reads lines whose last two columns are the gold and the predicted tag, a blank line
after each sentence, and prints overall and per type.
"""
import sys
from collections import Counter


def split_tag(tag):
    """('B', 'x') of 'B-x', ('O', '') of 'O'."""
    prefix, _, kind = tag.partition("-")
    return prefix, kind


def chunk_ends(previous, previous_kind, current, kind):
    """Whether a chunk ended between the previous tag and this one."""
    if previous == "O":
        return False
    return current in ("B", "O") or kind != previous_kind


def chunk_starts(previous, previous_kind, current, kind):
    """Whether a chunk starts at this tag."""
    if current == "O":
        return False
    return current == "B" or previous == "O" or kind != previous_kind


def chunks(tags):
    """The set of (kind, first token, token after the last) of one sentence."""
    found = set()
    start = None
    previous, previous_kind = "O", ""
    for position, tag in enumerate(list(tags) + ["O"]):
        current, kind = split_tag(tag)
        if chunk_ends(previous, previous_kind, current, kind):
            found.add((previous_kind, start, position))
        if chunk_starts(previous, previous_kind, current, kind):
            start = position
        previous, previous_kind = current, kind
    return found


class Tally:
    """Counts of chunks; `correct`, `found` and `gold` by kind."""

    def __init__(self):
        self.correct, self.found, self.gold = Counter(), Counter(), Counter()

    def add(self, gold_tags, predicted_tags):
        if len(gold_tags) != len(predicted_tags):
            raise ValueError(f"{len(gold_tags)} gold tags, {len(predicted_tags)} predicted ones")
        gold, found = chunks(gold_tags), chunks(predicted_tags)
        for counter, members in ((self.gold, gold), (self.found, found),
                                 (self.correct, gold & found)):
            counter.update(kind for kind, _, _ in members)

    def kinds(self):
        return sorted(set(self.gold) | set(self.found))

    def scores(self, kind=None):
        """(precision, recall, f1) of one kind, or of all."""
        pick = (lambda c: sum(c.values())) if kind is None else (lambda c: c[kind])
        correct, found, gold = pick(self.correct), pick(self.found), pick(self.gold)
        precision = correct / found if found else 0.0
        recall = correct / gold if gold else 0.0
        total = precision + recall
        return precision, recall, 2 * precision * recall / total if total else 0.0


def main():
    tally = Tally()
    gold, predicted = [], []
    for line in list(sys.stdin) + ["\n"]:
        columns = line.split()
        if columns:
            gold.append(columns[-2])
            predicted.append(columns[-1])
        elif gold:
            tally.add(gold, predicted)
            gold, predicted = [], []
    for kind in [None] + tally.kinds():
        precision, recall, f1 = tally.scores(kind)
        print(f"{kind or 'all'}: precision {100 * precision:.2f} recall {100 * recall:.2f} "
              f"f1 {100 * f1:.2f}")


if __name__ == "__main__":
    main()
