"""The ready vocabulary of a model, made again from pnlp-model(5) alone."""

from projection import mix64
from read_pnf import Bad, Bytes

# What counts as white space around a piece: Unicode's White_Space.
SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
         "\u2028\u2029\u202f\u205f\u3000")


def index_of(text):
    """The index of a vocabulary, as pnlp writes it."""
    places, at = {}, 0
    for line in text.split(b"\n"):
        piece = line.decode().strip(SPACE).encode()
        if piece:
            places.setdefault(piece, []).append(at + line.index(piece))
        at += len(line) + 1
    lines = sum(map(len, places.values()))
    slots = [0] * (lines + lines // 2 + 1)
    bits = len(text).bit_length()
    for piece, (first, *_) in sorted(places.items(), key=lambda item: item[1][0]):
        code = 0xcbf29ce484222325
        for byte in piece:
            code = (code ^ byte) * 0x100000001b3 % 2 ** 64
        code = mix64(code)
        slot = (code >> 32) * len(slots) >> 32
        while slots[slot]:
            slot = (slot + 1) % len(slots)
        slots[slot] = (code << bits) % 2 ** 32 + first + 1
    return max(map(len, places)), slots


def check_vocabulary(data):
    data = Bytes(data)
    text, index = data.string(), Bytes(data.string())
    data.end()
    longest = index.varint()
    slots = [index.number(4) for _ in range(index.varint())]
    index.end()
    if (longest, slots) != index_of(text):
        raise Bad("the vocabulary's index is not that of its pieces")
