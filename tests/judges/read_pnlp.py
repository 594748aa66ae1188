#!/usr/bin/env python3
"""A second reader of models, and a second network, written from pnlp-model(5) alone, in plain Python.

read_pnlp.py MODEL    computes the outputs of the model's self-test, compares them with those that the
                      file tells, and prints what the model is made of as JSON
The training part is left packed: Python has no zstd.
"""

import json
import math
import struct
import sys

import encoders
from encoders import dot, gelu, norm, norm_bytes, rounded_row, stepped_gelu
from read_pnf import Bad, Bytes
from vocabulary import check_vocabulary
from xxh3 import xxh3

TASKS = ["label", "multilabel", "tags", "joint"]
SIZES = ["feature size", "channel rows", "window", "bottleneck", "hidden", "layers", "segment"]
LIMITS = [(1, 65536), (0, 65536), (0, 16), (1, 4096), (1, 16384), (0, 64), (1, 8192)]
NUMBERS = 1048576  # in the rows of a channel: it holds numbers
ENCODERS = ["mixer", "conv-mixer", "conv", "lstm", "transformer", "qrnn", "shift", "hyper-mixer",
            "hourglass", "none"]
TOLERANCE = 0.001  # the page allows 0.01; two ways of the same sums need less


def read_config(data, version):
    data = Bytes(data)
    config = {"task": TASKS[data.number(1)], "encoder": data.string().decode()}
    if config["encoder"] not in ENCODERS:
        raise Bad("unknown encoder")
    for name, (least, most) in zip(SIZES, LIMITS):
        config[name] = data.varint()
        if not least <= config[name] <= most:
            raise Bad("%s is %d" % (name, config[name]))
    config["max tokens"] = data.varint()
    config["channels"], config["numbers"] = [], []
    for _ in range(data.varint()):
        name, values, rows = data.string().decode(), data.varint(), data.varint()
        numbers = rows >= NUMBERS
        if numbers and (version < 4 or rows - NUMBERS not in (0, values)):
            raise Bad("channel %s of numbers has %d rows" % (name, rows))
        config["numbers"].append(numbers)
        config["channels"].append((name, values, rows - NUMBERS if numbers else rows))
    config["labels"] = [data.string().decode() for _ in range(data.varint())]
    config["slots"] = [data.string().decode() for _ in range(data.varint())]
    config["temperature"], config["threshold"] = data.f32(), data.f32()
    if version > 1 and data.number(1) == 1:
        count = len(config["labels"]) * len(config["slots"])
        bits = int.from_bytes(data.raw((count + 7) // 8), "little")
        if bits >> count:
            raise Bad("bits after the pairs")
        config["pairs"] = bin(bits).count("1")
    config["crf"] = version > 3 and data.at < len(data.data) and data.number(1) == 1
    config["word n-grams"] = data.varint() if version > 3 and data.at < len(data.data) else 0
    config["n-gram weights"] = data.varint() if config["word n-grams"] else 0
    data.end()
    return config


def layers(config):
    """How many convolutions there are, and how many layers of a mixer."""
    return {"conv": (config["layers"], 0), "conv-mixer": (1, config["layers"]),
            "hourglass": (1, config["layers"]),
            "mixer": (0, config["layers"])}.get(config["encoder"], (0, 0))


def ngram_table(config):
    """Rows and columns of the table of word n-grams."""
    columns = max(1, min(16, len(config["labels"]) - 1))
    return -(-config["n-gram weights"] // (64 * columns)) * 64, columns


def shapes(config):
    """Names and shapes of the tensors, in the order of the file."""
    c, h, s = config["bottleneck"], config["hidden"], config["segment"]
    result = [("bottleneck.bias", (c,))]
    convolutions, mixings = layers(config)
    for i in range(convolutions):
        result += [("conv%d%s" % (i, name), shape) for name, shape in [
            (".norm.gain", (c,)), (".norm.shift", (c,)), ("", (3 * c, 2 * c)), (".bias", (2 * c,))]]
    for i in range(mixings):
        result += [("mixer%d.%s" % (i, name), shape) for name, shape in [
            ("token_norm.gain", (c,)), ("token_norm.shift", (c,)), ("token_in", (s, h)),
            ("token_in.bias", (h,)), ("token_out", (s, h)), ("token_out.bias", (s,)),
            ("channel_norm.gain", (c,)), ("channel_norm.shift", (c,)), ("channel_in", (c, h)),
            ("channel_in.bias", (h,)), ("channel_out", (h, c)), ("channel_out.bias", (c,))]]
    result += encoders.shapes(config["encoder"], config["layers"], c, h)
    result += [("norm.gain", (c,)), ("norm.shift", (c,))]
    if config["task"] != "tags":
        labels = len(config["labels"])
        result += [("pool.query", (c,)), ("label", (c, labels)), ("label.bias", (labels,))]
    if config["task"] in ("tags", "joint"):
        tags = 1 + 2 * len(config["slots"])
        result += [("tags", (c, tags)), ("tags.bias", (tags,))]
    if config["crf"]:
        slots = len(config["slots"])
        result += [("crf.start", (1 + slots,)), ("crf.next", (tags, 1 + slots)),
                   ("crf.inside", (2, slots)), ("crf.end", (tags,))]
    if config["word n-grams"]:
        rows, columns = ngram_table(config)
        result += [("ngrams", (columns, labels)), ("ngrams.table", (rows * columns // 64, 64))]
    rows = [rows for _, _, rows in config["channels"]]
    result.append(("table", ((2 * config["window"] + 1) * rows[0] + sum(rows[1:]), c)))
    return result


def read_tensor(data, shape, small):
    """A list of numbers, or a list of rows."""
    if len(shape) == 1:
        return list(struct.unpack("<%df" % shape[0], data.raw(4 * shape[0])))
    rows = []
    for _ in range(shape[0]):
        if small:
            scale = data.f32()
            rows.append([scale * value for value in struct.unpack("%db" % shape[1],
                                                                  data.raw(shape[1]))])
        else:
            rows.append(list(struct.unpack("<%df" % shape[1], data.raw(4 * shape[1]))))
    return rows


def read_outputs(data, shape, by_row):
    """A list of rows, from weights with a scale for each output."""
    scales = [data.f32() for _ in range(shape[0 if by_row else 1])]
    rows = []
    for i in range(shape[0]):
        values = struct.unpack("%db" % shape[1], data.raw(shape[1]))
        rows.append([scales[i if by_row else j] * value for j, value in enumerate(values)])
    return rows


def read_table(data, config):
    c, windowed = config["bottleneck"], config["channels"][0][2]
    width = (2 * config["window"] + 1) * c
    scales = [data.f32() for _ in range(width + c)]
    flat = []
    for _ in range(windowed):
        flat += [a * b for a, b in zip(scales, struct.unpack("%db" % width, data.raw(width)))]
    for _ in range(sum(rows for _, _, rows in config["channels"][1:])):
        flat += [a * b for a, b in zip(scales[width:], struct.unpack("%db" % c, data.raw(c)))]
    return [flat[at:at + c] for at in range(0, len(flat), c)]


def read_weights(data, config, form):
    weights = {}
    for name, shape in shapes(config):
        if form < 2 or len(shape) == 1:
            weights[name] = read_tensor(data, shape, form == 1)
        elif name == "table":
            weights[name] = read_table(data, config)
        else:
            weights[name] = read_outputs(data, shape, name.endswith("token_out"))
    return weights


def read_model(data):
    if data[:8] != b"PNLPMODL":
        raise Bad("no model")
    if int.from_bytes(data[-8:], "little") != xxh3(data[:-8]):
        raise Bad("wrong checksum")
    data = Bytes(data[8:-8])
    version = data.number(4)
    if version not in (1, 2, 3, 4, 5):
        raise Bad("unknown version")
    model = {"version": version, "config": read_config(data.string(), version)}
    model["source"] = data.string()
    vocabulary = data.string() if version > 4 else b""
    if vocabulary:
        check_vocabulary(vocabulary)
    data.string()
    model["self-test"] = data.string()
    form = data.number(1)
    if form > (2 if version >= 3 else 1):
        raise Bad("unknown weight format")
    model["format"] = ["fp32", "int8", "int8 products"][form]
    model["weights"] = read_weights(data, model["config"], form)
    data.end()
    return model


def token_range(tensor, size):
    """The greatest input that the hidden layer of token mixing expects of `size` tokens."""
    gains = list(zip(tensor["token_norm.gain"], tensor["token_norm.shift"]))
    spread = math.sqrt(sum(gain ** 2 + shift ** 2 for gain, shift in gains) / len(gains))
    return max(abs(bias) + 5 * spread * math.sqrt(sum(
        tensor["token_in"][i][j] ** 2 for i in range(size)))
        for j, bias in enumerate(tensor["token_in.bias"]))


def places(values, config, table):
    """E(0) to E(2w) of a token."""
    c, window = config["bottleneck"], config["window"]
    result = [[0.0] * c for _ in range(2 * window + 1)]
    first, at = 0, 0
    for number, (_, count, rows) in enumerate(config["channels"]):
        for k, value in enumerate(values[at:at + count] if rows else []):
            row, times = value % rows, 1
            if config["numbers"][number]:
                signed = value - 65536 if value >= 32768 else value
                row, times = k, max(-4095, min(4095, signed)) / 256
            targets = range(2 * window + 1) if number == 0 else [window]
            for p in targets:
                source = row * (2 * window + 1) + p if number == 0 else first + row
                for j, weight in enumerate(table[source]):
                    result[p][j] += times * weight
        at += count
        first += rows * (2 * window + 1) if number == 0 else rows
    return result


def convolve(x, weights, name, small):
    """One convolution, for one segment; `small`: with products in 8 bits."""
    size, channels = len(x), len(x[0])
    y = norm(x, weights, name + ".norm")
    result = []
    zeros = [0.0] * channels
    for i in range(size):
        row = [value for d in (-1, 0, 1) for value in (y[i + d] if 0 <= i + d < size else zeros)]
        row = rounded_row(row) if small else row
        u = [bias + dot(row, [weight[k] for weight in weights[name]])
             for k, bias in enumerate(weights[name + ".bias"])]
        result.append([x[i][c] + u[c] / (1 + math.exp(-u[channels + c])) for c in range(channels)])
    return result


def mix(x, weights, name, small):
    """One layer, for one segment; `small`: with products in 8 bits."""
    tensor = {key[len(name):]: value for key, value in weights.items() if key.startswith(name)}
    size, channels = len(x), len(x[0])
    hidden = len(tensor["token_in.bias"])
    y = (norm_bytes if small else norm)(x, tensor, "token_norm")
    token_gelu = stepped_gelu(token_range(tensor, size)) if small else gelu
    h = [[token_gelu(tensor["token_in.bias"][j] + sum(tensor["token_in"][i][j] * y[i][c]
                                                for i in range(size)))
          for c in range(channels)] for j in range(hidden)]
    x = [[x[i][c] + tensor["token_out.bias"][i] + sum(tensor["token_out"][i][j] * h[j][c]
                                                      for j in range(hidden))
          for c in range(channels)] for i in range(size)]
    return encoders.mix_channels(x, weights, name, small)


def outputs(model, tokens):
    """Label logits, then tag logits token after token."""
    config, weights = model["config"], model["weights"]
    window, segment = config["window"], config["segment"]
    small = model["format"] == "int8 products"
    tokens = tokens[:config["max tokens"]]
    seen = [places(values, config, weights["table"]) for values in tokens]
    x = []
    for t in range(len(tokens)):
        row = list(weights["bottleneck.bias"])
        for p in range(2 * window + 1):
            if 0 <= t + p - window < len(tokens):
                row = [a + b for a, b in zip(row, seen[t + p - window][p])]
        x.append(row)
    convolutions, mixings = layers(config)
    for i in range(convolutions):
        x = [row for at in range(0, len(x), segment)
             for row in convolve(x[at:at + segment], weights, "conv%d" % i, small)]
    tokens_of = [x[at:at + 4] for at in range(0, len(x), 4)]
    if config["encoder"] == "hourglass":
        x = [[sum(column) / len(pool) for column in zip(*pool)] for pool in tokens_of]
    for i in range(mixings):
        x = [row for at in range(0, len(x), segment)
             for row in mix(x[at:at + segment], weights, "mixer%d." % i, small)]
    if config["encoder"] == "hourglass":
        x = [[a + b for a, b in zip(token, mixed)] for pool, mixed in zip(tokens_of, x)
             for token in pool]
    size = max(1, len(x)) if config["encoder"] in encoders.WHOLE else segment
    x = [row for at in range(0, len(x), size)
         for row in encoders.encode(config["encoder"], config["layers"], x[at:at + size], weights,
                                    small)]
    y = norm(x, weights, "norm")
    result = []
    if config["task"] != "tags":
        strength = [math.exp(dot(row, weights["pool.query"])) for row in y]
        q = [sum(a * row[c] for a, row in zip(strength, y)) / sum(strength)
             for c in range(config["bottleneck"])]
        q = rounded_row(q) if small else q
        result += [bias + dot(q, [row[k] for row in weights["label"]])
                   for k, bias in enumerate(weights["label.bias"])]
        if config["word n-grams"]:
            result = [a + b for a, b in zip(result, ngram_logits(config, weights, tokens))]
    if config["task"] in ("tags", "joint"):
        for row in map(rounded_row, y) if small else y:
            result += [bias + dot(row, [weight[k] for weight in weights["tags"]])
                       for k, bias in enumerate(weights["tags.bias"])]
    return result


def mix64(x):
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 % 2 ** 64
    x = (x ^ x >> 27) * 0x94d049bb133111eb % 2 ** 64
    return x ^ x >> 31


def word_keys(config, tokens):
    starts = {}
    at = 0
    for name, count, _ in config["channels"]:
        starts[name] = at
        at += count
    for name in ("lower", "folded"):
        if name in starts:
            return [values[starts[name]] for values in tokens]
    keys = []
    for values in tokens:
        keys.append(0)
        for value in values:
            keys[-1] = mix64((keys[-1] + value) % 2 ** 64)
    return keys


def letters_of(config, tokens):
    """Values of the channel letters, where it has no table of its own."""
    at = 0
    for name, count, rows in config["channels"]:
        if name == "letters" and rows == 0:
            return {value for values in tokens for value in values[at:at + count]}
        at += count
    return set()


def ngram_logits(config, weights, tokens):
    """What the n-grams of a text add to each label's logit."""
    rows, columns = ngram_table(config)
    keys, found = word_keys(config, tokens), set()
    for begin in range(len(keys)):
        code = 0
        for key in keys[begin:begin + config["word n-grams"]]:
            code = mix64((code * 0x9e3779b97f4a7c15 + key + 1) % 2 ** 64)
            found.add((code >> 32) * rows >> 32)
    for value in letters_of(config, tokens):
        found.add((mix64(2 ** 32 + value) >> 32) * rows >> 32)
    flat = [weight for row in weights["ngrams.table"] for weight in row]
    sums = [sum(flat[row * columns + c] for row in found) / math.sqrt(max(1, len(found)))
            for c in range(columns)]
    return [dot(sums, [row[k] for row in weights["ngrams"]]) for k in range(len(config["labels"]))]


def check_self_test(model):
    """How many outputs there are, and the largest difference."""
    data = Bytes(model["self-test"])
    width = sum(values for _, values, _ in model["config"]["channels"])
    computed = []
    for _ in range(data.varint()):
        tokens = [[data.number(2) for _ in range(width)] for _ in range(data.varint())]
        computed += outputs(model, tokens)
    expected = [data.f32() for _ in range(data.varint())]
    data.end()
    if len(expected) != len(computed):
        raise Bad("%d outputs instead of %d" % (len(computed), len(expected)))
    largest = max(abs(a - b) for a, b in zip(expected, computed))
    # Older versions rounded activations otherwise.
    if not largest < (0.5 if model["format"] == "int8 products" and model["version"] < 5
                      else TOLERANCE):
        raise Bad("an output of the self-test is %g off" % largest)
    return len(expected), largest


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    with open(arguments[0], "rb") as file:
        model = read_model(file.read())
    count, largest = check_self_test(model)
    print(json.dumps({**model["config"], "weights": model["format"],
                      "tensors": dict(shapes(model["config"])), "outputs": count,
                      "difference": largest}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Bad as fault:
        sys.exit("read_pnlp.py: %s" % fault)
