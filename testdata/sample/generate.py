#!/usr/bin/env python3
"""Writes the sample data: requests to a home-and-time assistant in English, German and Japanese.

    testdata/sample/generate.py [--out FOLDER]

Each <language>.grammar next to this file holds phrasings; train.jsonl, dev.jsonl and test.jsonl come
out, the same bytes on every machine and with every Python 3.7 or later. A row is

    {"id": "en-17", "lang": "en", "text": "wake me at six", "label": "set_alarm",
     "spans": [{"start": 11, "end": 14, "label": "time"}]}

with spans in UTF-8 bytes, ends exclusive.

The grammar format, line by line (a line's leading white space does not matter; # begins a comment line):

    rule NAME             opens a rule; its lines are alternatives
    intent NAME [WEIGHT]  opens an intent; its lines are phrasings, WEIGHT scales its number of rows
    3* TEXT               an alternative three times as likely as one without a number
    new: TEXT             an alternative of a rule that never occurs in train
    dev: TEXT, test: TEXT a phrasing that occurs in this set only; all others are train's
    ! TEXT                a phrasing that asks for an action: words of politeness fit around it
    ? TEXT                a phrasing that is a question

and inside TEXT: {name} is an alternative of the rule, [a|b|] one of the choices, <label text> a slot. The
rules prefix, ask and suffix hold what is put around whole phrasings.

What keeps the sets apart is the template: a phrasing with every slot replaced by its label. All templates
of the grammar are enumerated, and one that two sets or two intents share is an error.
"""

import argparse
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SPLITS = ("train", "dev", "test")
ROWS = {
    "en": {"train": 1900, "dev": 250, "test": 350},
    "de": {"train": 1250, "dev": 150, "test": 210},
    "ja": {"train": 850, "dev": 100, "test": 140},
}
# Shown in the documentation as something the model was never given.
WITHHELD = {"wake me at seven tomorrow"}


class Random:
    """SplitMix64: the same numbers in every version of Python."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64

    def chance(self, percent):
        return self.below(1000) < percent * 10

    def choice(self, items):
        return items[self.below(len(items))]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


# A parsed TEXT is a list of nodes: ("text", string), ("rule", name), ("any", [lists]), ("slot", label, list).


def parse(text):
    nodes, rest = parse_until(text, 0, "")
    if rest != len(text):
        raise ValueError("unbalanced brackets: " + text)
    return nodes


def parse_until(text, at, stops):
    nodes = []
    while at < len(text) and text[at] not in stops:
        c = text[at]
        if c == "{":
            end = text.index("}", at)
            nodes.append(("rule", text[at + 1 : end]))
            at = end + 1
        elif c == "<":
            label, begin = re.match(r"<(\w+) ", text[at:]).group(1), text.index(" ", at) + 1
            inside, at = parse_until(text, begin, ">")
            nodes.append(("slot", label, inside))
            at += 1
        elif c == "[":
            choices = []
            while c != "]":
                inside, at = parse_until(text, at + 1, "|]")
                choices.append(inside)
                c = text[at]
            nodes.append(("any", choices))
            at += 1
        else:
            end = at
            while end < len(text) and text[end] not in "{<[" + stops:
                end += 1
            nodes.append(("text", text[at:end]))
            at = end
    return nodes, at


class Grammar:
    def __init__(self, path):
        self.rules = {}  # name -> [(nodes, new)], repeated by weight
        self.intents = {}  # name -> split -> [(kind, nodes)]
        self.weights = {}
        lines = None
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                head = re.fullmatch(r"(rule|intent) (\w+)(?: ([\d.]+))?", line)
                if head and head.group(1) == "rule":
                    lines = self.rules.setdefault(head.group(2), [])
                elif head:
                    lines = self.intents.setdefault(head.group(2), {split: [] for split in SPLITS})
                    self.weights[head.group(2)] = float(head.group(3) or 1)
                elif isinstance(lines, dict):
                    split, text = re.fullmatch(r"(?:(dev|test): )?(.*)", line).groups()
                    kind, text = re.fullmatch(r"(?:([!?]) )?(.*)", text).groups()
                    lines[split or "train"].append((kind, parse(text)))
                else:
                    new, weight, text = re.fullmatch(r"(new: )?(?:(\d+)\* )?(.*)", line).groups()
                    lines.extend([(parse(text), bool(new))] * int(weight or 1))
        self.check()

    def templates(self, nodes):
        """Every string the nodes can become, slots as their labels."""
        results = [""]
        for node in nodes:
            if node[0] == "text":
                ends = [node[1]]
            elif node[0] == "slot":
                ends = ["{" + node[1] + "}"]
            elif node[0] == "any":
                ends = [t for choice in node[1] for t in self.templates(choice)]
            else:
                ends = sorted({t for inside, _ in self.rules[node[1]] for t in self.templates(inside)})
            results = [begin + end for begin in results for end in ends]
        return results

    def check(self):
        owners = {}
        for intent, splits in self.intents.items():
            for split, phrasings in splits.items():
                for _, nodes in phrasings:
                    for template in self.templates(nodes):
                        key = tidy(template).casefold()
                        owner = owners.setdefault(key, (intent, split))
                        if owner != (intent, split):
                            raise ValueError("template %r: %s and %s" % (key, owner, (intent, split)))

    def expand(self, nodes, random, train, label=None):
        """A list of [text, label or None]."""
        parts = []
        for node in nodes:
            if node[0] == "text":
                parts.append([node[1], label])
            elif node[0] == "slot":
                inside = self.expand(node[2], random, train)
                parts.append(["".join(text for text, _ in inside), node[1]])
            elif node[0] == "any":
                parts.extend(self.expand(random.choice(node[1]), random, train, label))
            else:
                known = train or random.chance(85)
                choices = [nodes for nodes, new in self.rules[node[1]] if not (new and known)]
                parts.extend(self.expand(random.choice(choices), random, train, label))
        return parts


def tidy(text):
    return re.sub(r" +", " ", text).strip()


# What people do to sentences: politeness, letter case, punctuation, slips of the finger.

NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "r": "t", "s": "d", "t": "r", "u": "i", "v": "b",
    "w": "e", "y": "t", "z": "t",
}  # fmt: skip


def mistype(word, random):
    i = 1 + random.below(len(word) - 2)
    way = random.below(4)
    if way == 0:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if way == 1:
        return word[:i] + word[i + 1 :]
    if way == 2:
        return word[:i] + word[i] + word[i:]
    return word[:i] + NEIGHBOURS.get(word[i], word[i]) + word[i + 1 :]


def add_typo(parts, random):
    words = [
        (part, match)
        for part in parts
        for match in re.finditer(r"[a-zäöüß]{4,}", part[0])
    ]
    if words:
        part, match = random.choice(words)
        part[0] = part[0][: match.start()] + mistype(match.group(), random) + part[0][match.end() :]


def change(parts, function):
    for part in parts:
        part[0] = function(part[0])


def wrap(parts, kind, grammar, random):
    def words(rule):
        return "".join(text for text, _ in grammar.expand(random.choice(grammar.rules[rule])[0], random, True))

    joint = "" if grammar.language == "ja" else " "
    if kind == "!" and random.chance(22):
        parts.insert(0, [words("ask") + joint, None])
    elif kind == "!" and random.chance(18):
        parts.append([joint + words("suffix"), None])
    if random.chance(6):
        parts.insert(0, [words("prefix") + joint, None])


def disturb(parts, kind, language, random):
    if language == "ja":
        if random.chance(8):
            change(parts, lambda text: text.translate({ord("0") + i: 0xFF10 + i for i in range(10)}))
        if random.chance(25):
            parts.append(["\uff1f" if kind == "?" else "\u3002", None])
        return
    if random.chance(4):
        add_typo(parts, random)
    if language == "de" and random.chance(6):
        for umlaut, letters in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss")):
            change(parts, lambda text: text.replace(umlaut, letters))
    punctuated = 70
    if random.chance(60 if language == "en" else 40):
        change(parts, str.lower)
        if random.chance(25):
            change(parts, lambda text: text.replace("'", ""))
        punctuated = 8
    elif random.chance(3):
        change(parts, lambda text: text.replace("ß", "ss").upper())
    else:
        first = next(part for part in parts if part[0])
        first[0] = first[0][0].upper() + first[0][1:]
        change(parts, lambda text: re.sub(r"\bi\b", "I", text) if language == "en" else text)
    if random.chance(punctuated):
        parts.append(["?" if kind == "?" else random.choice([".", ".", ".", "!"]), None])


def squeeze(parts):
    """Joins the parts with single spaces, none at the ends and none at the edge inside a slot."""
    text, spans = "", []
    for piece, label in parts:
        piece = re.sub(r" +", " ", piece)
        if not text or text.endswith(" "):
            piece = piece.lstrip(" ")
        if piece[:1] in (".", "!", "?", ","):
            text = text.rstrip(" ")  # left by an empty choice
        if label:
            spans.append((len(text), len(text) + len(piece), label))
        text += piece
    return text.rstrip(" "), spans


def template_of(text, spans):
    """What the sets may not share, taken from a row itself."""
    for start, end, label in reversed(spans):
        text = text[:start] + "{" + label + "}" + text[end:]
    return re.sub(r"[^\w{}]+", " ", text).strip().casefold()


def rows_of(grammar, split, taken, templates, random):
    """Yields (intent, text, spans): each intent its share, no text twice, until the set is full."""
    wanted = ROWS[grammar.language][split]
    total = sum(grammar.weights.values())
    credit = {intent: 0.0 for intent in grammar.intents}
    made = 0
    while made < wanted:
        for intent, splits in grammar.intents.items():
            credit[intent] += grammar.weights[intent] / total * len(grammar.intents)
            while credit[intent] >= 1 and made < wanted:
                credit[intent] -= 1
                for _ in range(40):
                    kind, nodes = random.choice(splits[split])
                    parts = grammar.expand(nodes, random, split == "train")
                    wrap(parts, kind, grammar, random)
                    disturb(parts, kind, grammar.language, random)
                    text, spans = squeeze(parts)
                    key, template = text.casefold(), template_of(text, spans)
                    if key in taken or key in WITHHELD or templates.get(template, split) != split:
                        continue
                    taken.add(key)
                    templates[template] = split
                    made += 1
                    yield intent, text, spans
                    break


def encode(row):
    return json.dumps(row, ensure_ascii=False) + "\n"


def generate():
    """Name of each file -> its bytes."""
    rows = {split: [] for split in SPLITS}
    for number, language in enumerate(ROWS):
        grammar = Grammar(os.path.join(HERE, language + ".grammar"))
        grammar.language = language
        random = Random(20220209 + number)
        taken, templates, count = set(), {}, 0
        for split in reversed(SPLITS):
            for intent, text, spans in rows_of(grammar, split, taken, templates, random):
                count += 1
                rows[split].append(
                    {
                        "id": "%s-%d" % (language, count),
                        "lang": language,
                        "text": text,
                        "label": intent,
                        "spans": [
                            {
                                "start": len(text[:start].encode()),
                                "end": len(text[:end].encode()),
                                "label": label,
                            }
                            for start, end, label in spans
                        ],
                    }
                )
    files = {}
    for split in SPLITS:
        Random(len(rows[split])).shuffle(rows[split])
        files[split + ".jsonl"] = "".join(map(encode, rows[split])).encode()
    return files


def main():
    parser = argparse.ArgumentParser(description="writes train.jsonl, dev.jsonl and test.jsonl")
    parser.add_argument("--out", default=HERE, help="folder to write to (default: this file's)")
    arguments = parser.parse_args()
    for name, content in generate().items():
        with open(os.path.join(arguments.out, name), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    sys.exit(main())
