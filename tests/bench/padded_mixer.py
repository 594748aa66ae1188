#!/usr/bin/env python3
"""The textbook pNLP-Mixer in PyTorch, every text padded to 64 tokens, dense products throughout: what pnlp's speed is
compared with. Intent and slots together, sizes of base, the paper's recipe (Adam, 5e-4, 256 records a step).

    padded_mixer.py convert STREAM.pnf OUT.npz           fingerprints, tags and labels of a feature stream
    padded_mixer.py train --epochs N [options] TRAIN.npz DEV.npz
    padded_mixer.py predict [options] RECORDS.npz        prints {"rows":..,"seconds":..,"cpu":..} of the passes alone

Options: --threads N, --batch N, --seed N, --model FILE (weights: written by train, read by predict),
--feature-size M, --window W, --bottleneck B, --hidden H, --layers N.
"""

import argparse
import json
import os
import sys
import time

import numpy as np

SEGMENT = 64


def tags_of(record):
    """BIO tag of each token: that of the span it begins in."""
    tags = []
    for begin, _ in record["tokens"]:
        span = next((s for s in record.get("spans", ()) if s["start"] <= begin < s["end"]), None)
        if span is None:
            tags.append("O")
        else:
            tags.append(("B-" if span["start"] == begin else "I-") + span["label"])
    return tags


def convert(stream, out):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "judges"))
    import read_pnf  # the reader of pnlp-features(5) that the tests have

    header, records = read_pnf.read_file(stream)
    width = header["spec"]["hashes"]
    prints = np.zeros((len(records), SEGMENT, width), np.uint16)
    lengths = np.zeros(len(records), np.int64)
    labels, tags = [], np.full((len(records), SEGMENT), "O", dtype="U64")
    for i, record in enumerate(records):
        lengths[i] = min(SEGMENT, len(record["tokens"]))
        for t in range(lengths[i]):
            prints[i, t] = record["values"][t][:width]
        tags[i, : lengths[i]] = tags_of(record)[:SEGMENT]
        labels.append(record.get("label", ""))
    np.savez(out, prints=prints, lengths=lengths, labels=np.array(labels), tags=tags)


def parse(arguments):
    parser = argparse.ArgumentParser(description="the textbook padded mixer")
    parser.add_argument("command", choices=("convert", "train", "predict"))
    parser.add_argument("files", nargs="+")
    for name, default in (("epochs", 1), ("threads", 1), ("batch", 256), ("seed", 1), ("feature-size", 1024),
                          ("window", 1), ("bottleneck", 256), ("hidden", 256), ("layers", 2)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--model")
    return parser.parse_args(arguments)


def network(torch, options, labels, tags):
    nn = torch.nn

    class Block(nn.Module):
        """Token mixing, then channel mixing (Tolstikhin et al., MLP-Mixer, section 2)."""

        def __init__(self, channels, hidden):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
            self.tokens = nn.Sequential(nn.Linear(SEGMENT, hidden), nn.GELU(), nn.Linear(hidden, SEGMENT))
            self.channels = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

        def forward(self, x):
            x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
            return x + self.channels(self.norm2(x))

    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            width = (2 * options.window + 1) * options.feature_size
            self.bottleneck = nn.Linear(width, options.bottleneck)
            self.blocks = nn.Sequential(*[Block(options.bottleneck, options.hidden) for _ in range(options.layers)])
            self.norm = nn.LayerNorm(options.bottleneck)
            self.query = nn.Linear(options.bottleneck, 1, bias=False)
            self.label, self.tag = nn.Linear(options.bottleneck, labels), nn.Linear(options.bottleneck, tags)

        def features(self, prints, lengths):
            """Counting Bloom filter of each token, and those of its neighbours beside it: [B][S][(2w+1)m]."""
            batch, w = prints.shape[0], options.window
            real = torch.arange(SEGMENT)[None, :] < lengths[:, None]
            counts = torch.zeros(batch, SEGMENT, options.feature_size)
            ones = real[:, :, None].float().expand(prints.shape)
            counts.scatter_add_(2, (prints % options.feature_size).long(), ones)
            padded = nn.functional.pad(counts, (0, 0, w, w))
            return torch.cat([padded[:, i : i + SEGMENT] for i in range(2 * w + 1)], 2), real

        def forward(self, prints, lengths):
            features, real = self.features(prints, lengths)
            x = self.norm(self.blocks(self.bottleneck(features)))
            weights = self.query(x).squeeze(2).masked_fill(~real, -1e9).softmax(1)
            return self.label((weights[:, :, None] * x).sum(1)), self.tag(x), real

    torch.manual_seed(options.seed)
    return Mixer()


def load(torch, name):
    with np.load(name) as data:
        prints = torch.from_numpy(data["prints"].astype(np.int32))
        return prints, torch.from_numpy(data["lengths"]), data["labels"], data["tags"]


def numbers(torch, names, values):
    """Index of each value among the sorted names; 0 for one that is not among them."""
    index = {name: i for i, name in enumerate(names)}
    return torch.tensor(np.vectorize(lambda value: index.get(value, 0), otypes=[np.int64])(values))


def exact(torch, model, options, data):
    """Share of records whose label and tags are right."""
    prints, lengths, labels, tags = data
    right = 0
    model.eval()
    with torch.inference_mode():
        for i in range(0, len(prints), options.batch):
            part = slice(i, i + options.batch)
            label, tag, real = model(prints[part], lengths[part])
            good = (tag.argmax(2) == tags[part]) | ~real
            right += int(((label.argmax(1) == labels[part]) & good.all(1)).sum())
    model.train()
    return right / len(prints)


def train(torch, options):
    prints, lengths, label_names, tag_names = load(torch, options.files[0])
    dev = load(torch, options.files[1])
    names = {"labels": sorted(set(label_names)), "tags": sorted(set(tag_names.reshape(-1)))}
    labels, tags = numbers(torch, names["labels"], label_names), numbers(torch, names["tags"], tag_names)
    dev = dev[:2] + (numbers(torch, names["labels"], dev[2]), numbers(torch, names["tags"], dev[3]))
    model = network(torch, options, len(names["labels"]), len(names["tags"]))
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    loss_of = torch.nn.functional.cross_entropy
    for epoch in range(1, options.epochs + 1):
        order = torch.randperm(len(prints))
        for i in range(0, len(prints), options.batch):
            part = order[i : i + options.batch]
            label, tag, real = model(prints[part], lengths[part])
            loss = loss_of(label, labels[part])
            loss = loss + loss_of(tag[real], tags[part][real], reduction="sum") / len(part)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(json.dumps({"epoch": epoch, "loss": float(loss), "exact": exact(torch, model, options, dev)}), flush=True)
    if options.model:
        torch.save({"weights": model.state_dict(), "labels": len(names["labels"]), "tags": len(names["tags"])}, options.model)


def predict(torch, options):
    prints, lengths, _, _ = load(torch, options.files[0])
    saved = torch.load(options.model)
    model = network(torch, options, saved["labels"], saved["tags"])
    model.load_state_dict(saved["weights"])
    model.eval()

    def work():
        with torch.inference_mode():
            for i in range(0, len(prints), options.batch):
                label, tag, _ = model(prints[i : i + options.batch], lengths[i : i + options.batch])
                label.softmax(1).max(1)
                tag.argmax(2)

    with torch.inference_mode():  # the first pass prepares kernels
        model(prints[: options.batch], lengths[: options.batch])
    begun, spent = time.perf_counter(), time.process_time()
    work()
    result = {"rows": len(prints), "seconds": time.perf_counter() - begun, "cpu": time.process_time() - spent}
    print(json.dumps(result))


def main():
    options = parse(sys.argv[1:])
    if options.command == "convert":
        convert(*options.files)
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    torch.set_num_threads(options.threads)
    if options.command == "train":
        train(torch, options)
    else:
        predict(torch, options)


if __name__ == "__main__":
    main()
