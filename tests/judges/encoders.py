"""The encoders of pnlp-model(5), in plain Python; each works on one segment, a list of rows."""

import math

# What is one segment whatever its length.
WHOLE = ("lstm", "qrnn", "shift", "hyper-mixer")


def gelu(z):
    return z * 0.5 * (1 + math.erf(z / math.sqrt(2)))


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def dot(x, y):
    return sum(a * b for a, b in zip(x, y))


def rounded_row(row):
    """A row's numbers as bytes of its own scale say them."""
    low, high = min(row + [0]), max(row + [0])
    scale = (high - low) / 255 or 1
    zero = round(-low / scale)
    return [scale * (min(255, max(0, round(value / scale + zero))) - zero) for value in row]


def norm_bytes(x, weights, name):
    """norm(x), each number the nearest multiple of a unit that a byte can say."""
    unit = max(abs(shift) + 5 * abs(gain) for gain, shift in
               zip(weights[name + ".gain"], weights[name + ".shift"])) / 127 or 1
    return [[unit * min(127, max(-128, round(value / unit))) for value in row]
            for row in norm(x, weights, name)]


def stepped_gelu(most):
    """GELU as hidden layers of mixing have it, for inputs of up to `most`."""
    most = max(0.5, most)
    step = (most + 3.5) / 255
    unit = (gelu(most) + 0.17) / 255
    return lambda z: unit * round(gelu(-3.5 + step * min(255, max(0, round((z + 3.5) / step)))) / unit)


def norm(x, weights, name):
    result = []
    for row in x:
        mean = sum(row) / len(row)
        root = math.sqrt(sum((value - mean) ** 2 for value in row) / len(row) + 0.00001)
        result.append([(value - mean) / root * gain + shift for value, gain, shift in
                       zip(row, weights[name + ".gain"], weights[name + ".shift"])])
    return result


def linear(x, weights, name, small=False):
    columns = list(zip(*weights[name]))
    return [[bias + dot(row, column) for bias, column in zip(weights[name + ".bias"], columns)]
            for row in (map(rounded_row, x) if small else x)]


def feed_forward(x, weights, name, activation=gelu):
    hidden = [[activation(value) for value in row] for row in linear(x, weights, name + "_in")]
    return linear(hidden, weights, name + "_out")


def add(x, y):
    return [[a + b for a, b in zip(*rows)] for rows in zip(x, y)]


def sines(size, channels):
    return [[(math.cos if c % 2 else math.sin)(i / 10000 ** ((c - c % 2) / channels))
             for c in range(channels)] for i in range(size)]


def lstm_cell(y, weights, name, _):
    units = len(weights[name + "recurrent"])
    columns = list(zip(*weights[name + "recurrent"]))
    h, e = [0.0] * units, [0.0] * units
    result = []
    for row in linear(y, weights, name + "in"):
        u = [value + dot(h, column) for value, column in zip(row, columns)]
        e = [sigmoid(u[units + j] + 1) * e[j] + sigmoid(u[j]) * math.tanh(u[2 * units + j])
             for j in range(units)]
        h = [sigmoid(u[3 * units + j]) * math.tanh(e[j]) for j in range(units)]
        result.append(h)
    return result


def qrnn_cell(y, weights, name, small):
    zeros = [0.0] * len(y[0])
    windows = [(y[i - 2] if i > 1 else zeros) + (y[i - 1] if i else zeros) + row
               for i, row in enumerate(y)]
    units = len(weights[name + "in.bias"]) // 3
    e = [0.0] * units
    result = []
    for u in linear(windows, weights, name + "in", small):
        forget = [sigmoid(value) for value in u[units:2 * units]]
        e = [f * old + (1 - f) * math.tanh(z) for f, old, z in zip(forget, e, u)]
        result.append([sigmoid(o) * value for o, value in zip(u[2 * units:], e)])
    return result


def recur(x, weights, name, cell, small=False):
    y = norm(x, weights, name + "norm")
    left = cell(y, weights, name + "left.", small)
    right = cell(y[::-1], weights, name + "right.", small)[::-1]
    return add(x, linear([a + b for a, b in zip(left, right)], weights, name + "out", small))


def attend(x, weights, name, small):
    size, channels = len(x), len(x[0])
    heads = 4 if channels % 4 == 0 else 2 if channels % 2 == 0 else 1
    width = channels // heads
    u = linear(norm(x, weights, name + "attention_norm"), weights, name + "attention_in", small)
    v = [[0.0] * channels for _ in x]
    for first in range(0, channels, width):
        query = [row[first:first + width] for row in u]
        key = [row[channels + first:channels + first + width] for row in u]
        for i in range(size):
            a = [math.exp(dot(query[i], other) / math.sqrt(width)) for other in key]
            for c in range(first, first + width):
                v[i][c] = sum(a[j] * u[j][2 * channels + c] for j in range(size)) / sum(a)
    return add(x, linear(v, weights, name + "attention_out", small))


def mix_by_tokens(x, weights, name):
    y = norm(x, weights, name + "token_norm")
    z = [[value + gain * sine for value, gain, sine in zip(row, weights[name + "position"], p)]
         for row, p in zip(y, sines(len(x), len(x[0])))]
    f = feed_forward(z, weights, name + "first")
    g = feed_forward(z, weights, name + "second")
    columns = list(zip(*y))
    h = [[gelu(dot(made, column) / math.sqrt(len(x))) for column in columns] for made in zip(*f)]
    return add(x, [[dot(row, column) / math.sqrt(len(h)) for column in zip(*h)] for row in g])


def shifted(y):
    size, channels = len(y), len(y[0])
    distances = [7 * c // channels - 3 for c in range(channels)]
    return [[y[i + d][c] if 0 <= i + d < size else 0.0 for c, d in enumerate(distances)]
            for i in range(size)]


def hidden_range(weights, name):
    """The greatest input that the hidden layer of channel mixing expects."""
    gains, shifts = weights[name + "channel_norm.gain"], weights[name + "channel_norm.shift"]
    return max(abs(bias + dot(shifts, column))
               + 5 * math.sqrt(sum((gain * value) ** 2 for gain, value in zip(gains, column)))
               for bias, column in zip(weights[name + "channel_in.bias"],
                                       zip(*weights[name + "channel_in"])))


def mix_channels(x, weights, name, small, change=lambda y: y):
    y = change((norm_bytes if small else norm)(x, weights, name + "channel_norm"))
    activation = stepped_gelu(hidden_range(weights, name)) if small else gelu
    return add(x, feed_forward(y, weights, name + "channel", activation))


def encode(encoder, layers, x, weights, small):
    """All layers of an encoder of this file; `small`: with products in 8 bits."""
    if encoder == "transformer":
        gains = weights["transformer.position"]
        x = add(x, [[gain * sine for gain, sine in zip(gains, row)]
                    for row in sines(len(x), len(x[0]))])
    for i in range(layers):
        name = encoder.replace("hyper-mixer", "hyper") + "%d." % i
        if encoder == "lstm":
            x = recur(x, weights, name, lstm_cell)
        elif encoder == "qrnn":
            x = recur(x, weights, name, qrnn_cell, small)
        elif encoder == "transformer":
            x = mix_channels(attend(x, weights, name, small), weights, name, small)
        elif encoder == "shift":
            x = mix_channels(x, weights, name, small, shifted)
        elif encoder == "hyper-mixer":
            x = mix_channels(mix_by_tokens(x, weights, name), weights, name, False)
    return x


def shapes(encoder, layers, c, h):
    """Names and shapes of the tensors of an encoder of this file, in the order of the file."""
    u = (h + 1) // 2
    matrix = lambda name, a, b: [(name, (a, b)), (name + ".bias", (b,))]
    normal = lambda name: [(name + ".gain", (c,)), (name + ".shift", (c,))]
    channels = normal("channel_norm") + matrix("channel_in", c, h) + matrix("channel_out", h, c)
    lstm = lambda side: matrix(side + ".in", c, 4 * u) + [(side + ".recurrent", (u, 4 * u))]
    qrnn = lambda side: matrix(side + ".in", 3 * c, 3 * u)
    made = lambda name: matrix(name + "_in", c, c) + matrix(name + "_out", c, h)
    layer = {
        "lstm": normal("norm") + lstm("left") + lstm("right") + matrix("out", 2 * u, c),
        "qrnn": normal("norm") + qrnn("left") + qrnn("right") + matrix("out", 2 * u, c),
        "transformer": normal("attention_norm") + matrix("attention_in", c, 3 * c)
                       + matrix("attention_out", c, c) + channels,
        "shift": channels,
        "hyper-mixer": normal("token_norm") + [("position", (c,))] + made("first")
                       + made("second") + channels,
    }.get(encoder, [])
    result = [("transformer.position", (c,))] if encoder == "transformer" else []
    for i in range(layers):
        name = encoder.replace("hyper-mixer", "hyper") + "%d." % i
        result += [(name + tensor, shape) for tensor, shape in layer]
    return result
