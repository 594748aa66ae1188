#!/usr/bin/env python3
"""Checks testdata/sample: that the generator gives the committed bytes, and what is promised of the rows.

Most checks read the files alone and share no code with the generator.
"""

import json
import os
import re
import sys
import unittest

FOLDER = os.path.abspath(sys.argv.pop(1))
SPLITS = ("train", "dev", "test")


def read(split):
    with open(os.path.join(FOLDER, split + ".jsonl"), "rb") as file:
        return file.read()


def rows(split):
    return [json.loads(line) for line in read(split).decode().splitlines()]


def template(row):
    text = row["text"].encode()
    for span in reversed(row["spans"]):
        text = text[: span["start"]] + b"{" + span["label"].encode() + b"}" + text[span["end"] :]
    return re.sub(r"[^\w{}]+", " ", text.decode()).strip().casefold()


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = {split: rows(split) for split in SPLITS}

    def all_rows(self):
        return [row for split in SPLITS for row in self.rows[split]]

    def test_generator_gives_these_bytes(self):
        sys.dont_write_bytecode = True
        sys.path.insert(0, FOLDER)
        import generate

        files = generate.generate()
        self.assertEqual(sorted(files), sorted(split + ".jsonl" for split in SPLITS))
        for split in SPLITS:
            self.assertEqual(files[split + ".jsonl"], read(split), split + ": run generate.py")

    def test_sizes(self):
        self.assertEqual([len(self.rows[split]) for split in SPLITS], [4000, 500, 700])
        self.assertEqual({row["lang"] for row in self.rows["test"]}, {"en", "de", "ja"})

    def test_fields(self):
        for row in self.all_rows():
            self.assertEqual(list(row), ["id", "lang", "text", "label", "spans"])
        ids = [row["id"] for row in self.all_rows()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_spans_are_whole_words_of_the_text(self):
        for row in self.all_rows():
            text, end = row["text"].encode(), 0
            for span in row["spans"]:
                self.assertEqual(list(span), ["start", "end", "label"])
                self.assertLessEqual(end, span["start"], row)
                self.assertLess(span["start"], span["end"], row)
                end = span["end"]
                self.assertLessEqual(end, len(text), row)
                covered = text[span["start"] : end].decode()  # throws inside a character
                self.assertEqual(covered, covered.strip(), row)
                if row["lang"] != "ja":
                    around = text[: span["start"]].decode()[-1:] + text[end:].decode()[:1]
                    self.assertNotRegex(around, r"\w", row)

    def test_no_text_twice(self):
        texts = [row["text"].casefold() for row in self.all_rows()]
        self.assertEqual(len(texts), len(set(texts)))

    def test_no_template_in_two_sets(self):
        sets = {split: {template(row) for row in self.rows[split]} for split in SPLITS}
        self.assertEqual(sets["train"] & sets["dev"], set())
        self.assertEqual(sets["train"] & sets["test"], set())
        self.assertEqual(sets["dev"] & sets["test"], set())

    def test_a_template_has_one_label(self):
        labels = {}
        for row in self.all_rows():
            self.assertEqual(labels.setdefault(template(row), row["label"]), row["label"], row)

    def test_every_label_and_slot_can_be_learnt(self):
        def names(split):
            labels = {row["label"] for row in self.rows[split]}
            return labels, {span["label"] for row in self.rows[split] for span in row["spans"]}

        labels, slots = names("train")
        self.assertEqual((len(labels), len(slots)), (25, 16))
        for split in ("dev", "test"):
            self.assertEqual(labels ^ names(split)[0], set())
            self.assertEqual(slots ^ names(split)[1], set())

    def test_the_example_of_the_documentation_is_new_and_within_reach(self):
        example = "wake me at seven tomorrow"
        self.assertFalse(any(row["text"].casefold() == example for row in self.all_rows()))
        words = {word for row in self.rows["train"] for word in row["text"].casefold().split()}
        self.assertLessEqual(set(example.split()), words)
        times = {
            row["text"].encode()[span["start"] : span["end"]].decode().casefold()
            for row in self.rows["train"]
            for span in row["spans"]
        }
        self.assertTrue("seven tomorrow" in times)


if __name__ == "__main__":
    unittest.main()
