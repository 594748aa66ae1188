#!/usr/bin/env python3
"""A second reader of feature streams, written from pnlp-features(5) alone, in plain Python.

read_pnf.py STREAM                prints the records, one JSON object a line
read_pnf.py STREAM TEXTS.jsonl [VECTORS]
                                  checks ids, labels, spans, and all values of the tokenizer `chars`
                                  against the texts; VECTORS: the text file of the projection `vectors`
read_pnf.py --vectors PAGE        checks the test vectors of the manual page
Compressed frames are refused: Python has no zstd.
"""

import json
import re
import struct
import sys

from projection import KINDS, NUMBERS, chars_fingerprint, read_vectors, word_values
from xxh3 import xxh3

MAGIC = bytes.fromhex("89504e460d0a1a0a")
LIMIT = 67108864
FORMS = {0: None, 1: "single", 2: "several", 3: "probabilities"}


class Bad(Exception):
    pass


class Bytes:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def raw(self, size):
        if size > len(self.data) - self.at:
            raise Bad("cut at byte %d" % self.at)
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.raw(size), "little")

    def f32(self):
        return struct.unpack("<f", self.raw(4))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def string(self):
        return self.raw(self.varint())

    def end(self):
        if self.at != len(self.data):
            raise Bad("%d bytes too many" % (len(self.data) - self.at))


def read_frame(stream):
    begin = stream.at
    kind, compressed = chr(stream.number(1)), stream.number(1)
    if stream.number(2) != 0 or compressed > 1:
        raise Bad("unknown flags")
    count, stored, size = stream.number(4), stream.number(4), stream.number(4)
    if max(stored, size) > LIMIT:
        raise Bad("a frame is too long")
    payload = stream.raw(stored)
    checksum = xxh3(stream.data[begin:stream.at])
    if stream.number(8) != checksum:
        raise Bad("wrong checksum of the frame at byte %d" % begin)
    if compressed:
        raise Bad("a compressed frame: this reader has no zstd")
    if stored != size:
        raise Bad("lengths differ")
    return kind, count, payload, checksum


def read_projection(data):
    data = Bytes(data)
    kind = data.string().decode()
    if kind not in [*KINDS, "vectors"]:
        raise Bad("unknown projection %s" % kind)
    spec = {"kind": kind, "hashes": data.number(4), "ngram": data.number(4), "lowercase": data.number(1),
            "seed": data.number(8)}
    spec["channels"] = [data.string().decode() for _ in range(data.varint())]
    if kind == "vectors":
        data.string()  # compressed: Python has no zstd
    data.end()
    if not set(spec["channels"]) <= set(NUMBERS):
        raise Bad("unknown word channel")
    return spec


def read_header(payload):
    header = Bytes(payload)
    source = Bytes(header.string())
    spec = read_projection(source.string())
    kind = source.string().decode()
    digest = source.number(8)
    if source.number(1) == 1:
        source.string()
    source.end()
    channels = [(header.string().decode(), header.number(4)) for _ in range(header.varint())]
    header.end()
    expected = [(spec["kind"], spec["hashes"])]
    expected += [(name, {"prefix": 4, "suffix": 4, "letters": 12}.get(name, 1)) for name in spec["channels"]]
    if channels != expected:
        raise Bad("channels %s instead of %s" % (channels, expected))
    return {"spec": spec, "tokenizer": kind, "digest": digest,
            "width": sum(values for _, values in channels)}


def read_record(data, rows):
    record = {}
    name = data.string().decode()
    if name:
        record["id"] = json.loads(name)
    record["tokens"], record["values"] = [], []
    at = 0
    for _ in range(data.varint()):
        begin = at + data.varint()
        at = begin + data.varint()
        record["tokens"].append([begin, at])
        record["values"].append(rows[data.varint()])
    flags = data.number(1)
    if flags > 7:
        raise Bad("unknown flags")
    form = FORMS[flags & 3]
    if form:
        labels = {}
        for _ in range(data.varint()):
            label = data.string().decode()
            labels[label] = data.f32() if form == "probabilities" else 1
        record["label"] = {"single": lambda: list(labels)[0], "several": lambda: list(labels),
                           "probabilities": lambda: labels}[form]()
    if flags & 4:
        record["spans"] = []
        at = 0
        for _ in range(data.varint()):
            begin = at + data.varint()
            at = begin + data.varint()
            record["spans"].append({"start": begin, "end": at, "label": data.string().decode()})
    return record


def read_stream(stream):
    """One stream: its header, and a list of records."""
    if stream.raw(8) != MAGIC:
        raise Bad("no feature stream")
    if stream.number(2) != 1:
        raise Bad("unknown version")
    kind, _, payload, checksum = read_frame(stream)
    if kind != "H":
        raise Bad("no header")
    header = read_header(payload)
    checksums = checksum.to_bytes(8, "little")
    records, frames, tokens = [], 0, 0
    while True:
        kind, count, payload, checksum = read_frame(stream)
        if kind == "E":
            break
        if kind != "R":
            raise Bad("unknown frame")
        frames += 1
        checksums += checksum.to_bytes(8, "little")
        data = Bytes(payload)
        rows = [[data.number(2) for _ in range(header["width"])] for _ in range(data.varint())]
        for _ in range(count):
            records.append(read_record(data, rows))
            tokens += len(records[-1]["tokens"])
        data.end()
    end = Bytes(payload)
    if [end.number(8) for _ in range(4)] != [frames, len(records), tokens, xxh3(checksums)]:
        raise Bad("the closing frame tells of other frames")
    end.end()
    return header, records


def read_file(path):
    with open(path, "rb") as file:
        stream = Bytes(file.read())
    header, records = read_stream(stream)
    while stream.at < len(stream.data):
        other, more = read_stream(stream)
        if (other["spec"], other["digest"]) != (header["spec"], header["digest"]):
            raise Bad("streams that do not go together")
        records += more
    return header, records


def check_texts(header, records, path, vectors_path=None):
    if header["tokenizer"] != "chars":
        raise Bad("only streams of the tokenizer chars can be checked against texts")
    if header["spec"]["kind"] == "vectors":
        if vectors_path is None:
            raise Bad("the values of these vectors can be checked against their file only")
        header["spec"]["vectors"] = read_vectors(vectors_path)
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if len(lines) != len(records):
        raise Bad("%d records, %d texts" % (len(records), len(lines)))
    for number, (record, line) in enumerate(zip(records, lines), 1):
        text = line["text"].encode()
        for field in ("id", "label", "spans"):
            if record.get(field) != line.get(field):
                raise Bad("record %d: %s is %r, not %r" % (number, field, record.get(field),
                                                           line.get(field)))
        words = [text[begin:end] for begin, end in record["tokens"]]
        if line.get("tokens", None) is not None:
            if [word.decode() for word in words] != line["tokens"]:
                raise Bad("record %d: tokens %r" % (number, words))
        for word, values in zip(words, record["values"]):
            if values != chars_fingerprint(word, header["spec"]):
                raise Bad("record %d: values of %r" % (number, word))


def check_vectors(path):
    spec = {"kind": "minhash", "hashes": 4, "ngram": 3, "lowercase": 0, "seed": 1886284912,
            "channels": ["word", "lower", "prefix", "suffix", "shape", "length", "folded", "letters"]}
    seen = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = re.fullmatch(r"(xxh3|unit|continuation|word|simhash|ternary|binary) +(\S+) +(.*?)\s*", line)
            if not found:
                continue
            kind, results = found[1], found[3].split()
            digits, _, times = found[2].partition("*")
            data = bytes.fromhex(digits.replace("-", "")) * int(times or 1)
            if kind == "xxh3":
                expected = ["%016x" % xxh3(data, int(results[0], 16))]
                results = results[1:]
            elif kind == "word":
                expected = ["%d" % value for value in word_values(data, spec)]
            elif kind == "ternary":
                expected = ["%d" % v for v in KINDS[kind](data, [], dict(spec, hashes=12))]
            elif kind in KINDS:
                expected = ["%d" % v for v in KINDS[kind](b"", [(data, False)], dict(spec, hashes=12))]
            else:
                unit = (data, kind == "continuation")
                expected = ["%d" % v for v in KINDS["minhash"](b"", [unit], spec)]
            if results != expected:
                raise Bad("%s: %s, but this reader has %s" % (line.strip(), results, expected))
            seen.add(kind)
    if seen != {"xxh3", "unit", "continuation", "word", "simhash", "ternary", "binary"}:
        raise Bad("test vectors of only these kinds: %s" % sorted(seen))


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--vectors":
        check_vectors(arguments[1])
        return
    if len(arguments) not in (1, 2, 3):
        sys.exit(__doc__)
    header, records = read_file(arguments[0])
    if len(arguments) > 1:
        check_texts(header, records, *arguments[1:])
        return
    for record in records:
        print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Bad as fault:
        sys.exit("read_pnf.py: %s" % fault)
