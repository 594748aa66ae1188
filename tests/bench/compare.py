#!/usr/bin/env python3
"""Prints how fast pnlp is beside fastText, SentencePiece and PyTorch, as a Markdown table; run by compare.sh.

DATA holds mtop/en, imdb and ag_news, each with train.jsonl and dev.jsonl, and may hold a WordPiece vocabulary. Programs
that are compared take turns; medians count. Ratios are given of elapsed and of processor time: where other programs
compute on the machine, only the second means something. Models and rows are made once and kept in the work folder."""

import argparse
import json
import os
import sys

import peers
from measuring import CORES, NOISY, Failed, Timing, Usage, interleave, load_warning, peak_memory, processor, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TORCH_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "padded_mixer.py")
INTENTS = ("text", "label")
EPOCHS = 80  # of the training that is compared
LENGTHS = (64, 4096)  # tokens of short and long texts
PIECES = 8000


class Result:
    """A row of the table. `ours` and `peer` are Timings for the same work, or each for `units` of it."""

    def __init__(self, ours, peer=None, notes=(), ours_units=1.0, peer_units=1.0):
        self.ours, self.peer, self.notes = ours, peer, list(notes)
        self.ours_units, self.peer_units = ours_units, peer_units
        self.value = None  # what is asked for, where it is no ratio of speeds

    def ratio(self, field):
        """How many times as much work as the peer, in the same time."""
        return (getattr(self.peer, field) / self.peer_units) / (getattr(self.ours, field) / self.ours_units)


class Row:
    def __init__(self, name, needs, what, against, must, aim, work, unit="times"):
        self.name, self.needs, self.what, self.against = name, needs, what, against
        self.must, self.aim, self.work, self.unit = must, aim, work, unit


class Comparison:
    def __init__(self, options):
        self.options = options
        self.pnlp = os.path.abspath(options.pnlp)
        self.shop = peers.Shop(self.pnlp, options.data, os.path.abspath(options.work), options.epochs, options.limit)

    # Models.

    def tokenizer(self):
        """The vocabulary of the paper, if there is one."""
        name = self.options.vocabulary or os.path.join(
            self.options.data, "vocab", "bert-base-multilingual-cased-vocab.txt")
        return "wordpiece:" + os.path.abspath(name) if os.path.exists(name) else "chars"

    def preset(self, name):
        """The preset of a row, or the one that was asked for in its place."""
        return self.options.preset or name

    def base(self):
        return self.shop.model(self.preset("base"), "mtop/en", None, ("--preset", self.preset("base")))

    def paper(self):
        options = (*peers.PAPER, "-t", self.tokenizer(), "--channels", "none")
        return self.shop.model("paper", "mtop/en", None, options)

    def predict(self, model, rows, threads=1):
        return [self.pnlp, "predict", "-q", "-m", model, "--threads", str(threads), rows]

    def versus(self, ours, peer, **facts):
        """Result of two commands; each is a list of words, or (words, file of standard input)."""
        works = []
        for side in (ours, peer):
            command, stdin = side if isinstance(side, tuple) else (side, None)
            works.append(lambda command=command, stdin=stdin: run(command, stdin))
        return Result(*interleave(works, self.options.runs), **facts)

    # The rows.

    def stream(self, split):
        """Fingerprints as pnlp makes them, for PyTorch."""
        records = self.shop.records("mtop/en", split)
        stream = self.shop.made(os.path.basename(records) + ".pnf", lambda path: peers.call(
            [self.pnlp, "project", "-q", "-t", self.tokenizer(), "--channels", "none", "--overlapping-spans", "keep-longest",
             "-o", path, records]))

        def convert(path):
            peers.call([self.options.torch_python, TORCH_PROGRAM, "convert", stream, path + ".npz"])
            os.rename(path + ".npz", path)

        return self.shop.made(os.path.basename(stream) + ".npz", convert)

    def train_torch(self):
        """80 epochs of both, reckoned from one and from a few: t(1) + 79 (t(e) - t(1)) / (e - 1)."""
        threads, few = str(CORES if CORES < 2 else 2), max(2, self.options.train_epochs)
        records = [self.shop.records("mtop/en", split) for split in ("train", "dev")]
        arrays = [self.stream(split) for split in ("train", "dev")]

        def ours(epochs, arithmetic="bf16"):
            return [self.pnlp, "train", "-q", *peers.PAPER, "--arithmetic", arithmetic, "-t", self.tokenizer(), "--channels", "none", "--epochs",
                    str(epochs), "--threads", threads, "--overlapping-spans", "keep-longest", "--dev", records[1], "-o",
                    os.path.join(self.shop.work, "timed.pnlp"), records[0]]

        def torch(epochs):
            return [self.options.torch_python, TORCH_PROGRAM, "train", "--epochs", str(epochs), "--threads", threads, *arrays]

        def fp32(epochs):
            return ours(epochs, "fp32")

        commands = [side(epochs) for side in (ours, torch, fp32) for epochs in (1, few)]
        runs = 1 if self.options.runs == 1 else min(3, self.options.runs)
        timings = interleave([lambda command=command: run(command) for command in commands], runs, warm=False)

        def extrapolated(one, more):
            def whole(field):
                first = getattr(one, field)
                return first + (EPOCHS - 1) * (getattr(more, field) - first) / (few - 1)

            return Timing([Usage(whole("wall"), whole("cpu"), more.others)])

        mine, its, exact = (extrapolated(*timings[at:at + 2]) for at in (0, 2, 4))
        epoch = (timings[1].wall - timings[0].wall) / (few - 1)
        if min(epoch, timings[3].wall - timings[2].wall, timings[1].cpu - timings[0].cpu) <= 0:
            raise Failed("%d epochs took no longer than one: too few rows, or too busy a machine" % few)
        notes = ["80 epochs reckoned from 1 and %d" % few, "%s threads" % threads, "an epoch: pnlp %.2f s, PyTorch %.2f s" % (
            epoch, (timings[3].wall - timings[2].wall) / (few - 1))]
        notes.append(self.arithmetic(epoch, int(threads)))
        slower = (timings[5].wall - timings[4].wall) / (few - 1)
        notes.append("products in bf16 where the processor has them; with --arithmetic fp32 %.1f times PyTorch, an epoch %.2f s, %s" % (
            its.wall / exact.wall, slower, self.arithmetic(slower, int(threads))))
        return Result(mine, its, notes)

    def arithmetic(self, seconds, threads):
        """Useful arithmetic of an epoch of training, three times that of a prediction, beside the peak of the processors."""
        report = json.loads(peers.call([self.pnlp, "bench", "-q", "-m", self.paper(), "--json", "--repeat", "1",
                                        self.shop.records("mtop/en", "train", ("text",))]))
        stage = next(stage for stage in report["stages"] if stage["name"] == "predict")
        operations = report["gflops"] * report["records"] / stage["rows_per_second"]
        rate = 3 * operations / max(seconds, 1e-9)
        return "useful arithmetic %.0f GFLOP/s, %.0f %% of %d times the %.0f of one core's products" % (
            rate, 100 * rate / (threads * report["peak_gflops"]), threads, report["peak_gflops"])

    def predict_torch(self):
        model, rows = self.shop.quantized(self.paper()), self.options.rows
        arrays = self.stream("train")
        trained = self.shop.made("padded_mixer.%s.pt" % self.shop.key("mtop/en"), lambda path: peers.call(
            [self.options.torch_python, TORCH_PROGRAM, "train", "--epochs", "1", "--threads", str(CORES), "--model", path,
             arrays, self.stream("dev")]))
        command = self.predict(model, self.shop.repeated("mtop/en", "json", rows))
        passes = []

        def torch():
            said = json.loads(peers.call([self.options.torch_python, TORCH_PROGRAM, "predict", "--threads", "1", "--model",
                                          trained, arrays]))
            passes.append(said["rows"])
            return Usage(said["seconds"], said["cpu"])

        timings = interleave([lambda: run(command), torch], self.options.runs)
        return Result(*timings, ours_units=rows, peer_units=passes[0],
                      notes=["PyTorch's start, reading and tokenizing left out, pnlp's counted"])

    def predict_fp32(self):
        rows = self.shop.repeated("mtop/en", "json", self.options.rows)
        model = self.base()
        return self.versus(self.predict(self.shop.quantized(model), rows), self.predict(model, rows),
                           ours_units=self.options.rows, peer_units=self.options.rows)

    def fasttext(self, set_):
        count = max(1, self.options.rows // {"mtop/en": 4, "imdb": 40, "ag_news": 10}[set_])
        preset = self.preset("xsmall")
        ours = self.shop.quantized(self.shop.model(preset + ".intents", set_, INTENTS, ("--preset", preset)))
        peer = self.shop.fasttext(set_)
        notes = ["accuracy on dev: pnlp after %d epochs %.3f, fastText %.3f" % (
            self.options.epochs, self.shop.accuracy(ours, set_, INTENTS), self.shop.fasttext_accuracy(peer, set_)),
            "fastText's model: %d bytes" % os.path.getsize(peer)]
        return self.versus(self.predict(ours, self.shop.repeated(set_, "json", count)),
                           ["fasttext", "predict", peer, self.shop.repeated(set_, "fasttext", count)],
                           notes=notes, ours_units=count, peer_units=count)

    def project(self, tokenizer):
        count = max(1, self.options.rows // 10)
        lines = self.shop.repeated("ag_news", "lines", count)
        model = self.shop.pieces(self.shop.repeated("ag_news", "lines", len(self.shop.rows("ag_news", "train"))), PIECES)
        tokenizer = "spm:" + model if tokenizer == "spm" else tokenizer
        ours = [self.pnlp, "project", "-q", "--threads", "1", "--format", "lines", "-t", tokenizer, lines]
        return self.versus(ours, (["spm_encode", "--model=" + model, "--output_format=id"], lines),
                           ours_units=count, peer_units=count)

    def line(self):
        preset = self.preset("xsmall")
        ours = self.shop.quantized(self.shop.model(preset + ".intents", "mtop/en", INTENTS, ("--preset", preset)))
        one = self.shop.repeated("mtop/en", "lines", 1)
        commands = [([self.pnlp, "predict", "-q", "-m", ours], one),
                    (["fasttext", "predict", self.shop.fasttext("mtop/en"), "-"], self.shop.repeated("mtop/en", "fasttext", 1))]
        timings = interleave([lambda side=side: run(*side) for side in commands], 8 * self.options.runs)
        result = Result(*timings)
        result.value = timings[0].wall / timings[1].wall
        result.notes.append("%.1f ms elapsed (%.1f of processor time) against %.1f (%.1f)" % tuple(
            1e3 * value for timing in timings for value in (timing.wall, timing.cpu)))
        return result

    def memory(self):
        model = self.base() if self.options.preset else self.paper()
        command = self.predict(self.shop.quantized(model), self.shop.repeated("mtop/en", "json", self.options.rows))
        timing = Timing([run(command)])
        tokenizer = "chars" if self.options.preset else self.tokenizer().split(":")[0]
        result = Result(timing, notes=["%d rows, tokenizer %s" % (self.options.rows, tokenizer)])
        result.value = peak_memory(command) * 1e-6
        return result

    def threads(self, what):
        if what == "train":
            records = [self.shop.records("mtop/en", split) for split in ("train", "dev")]

            def command(threads):
                return [self.pnlp, "train", "-q", "--preset", self.preset("base"), "--epochs", str(max(2, self.options.train_epochs)),
                        "--threads", str(threads), "--overlapping-spans", "keep-longest", "--dev", records[1], "-o",
                        os.path.join(self.shop.work, "timed.pnlp"), records[0]]
        else:
            model, rows = self.shop.quantized(self.base()), self.shop.repeated("mtop/en", "json", self.options.rows)

            def command(threads):
                return self.predict(model, rows, threads)

        result = self.versus(command(2), command(1))
        result.value = result.ratio("wall")
        return result

    def long(self):
        tokens = max(LENGTHS[1], self.options.rows // LENGTHS[1] * LENGTHS[1])
        files = [self.shop.texts_of_length("mtop/en", words, tokens // words) for words in LENGTHS]
        model = self.shop.quantized(self.base())
        short, long_ = interleave([lambda rows=rows: run(self.predict(model, rows)) for rows in files], self.options.runs)
        result = Result(long_, short)
        result.value = long_.cpu / short.cpu
        result.notes.append("µs a token, processor time: %.2f at %d, %.2f at %d" % (
            1e6 * short.cpu / tokens, LENGTHS[0], 1e6 * long_.cpu / tokens, LENGTHS[1]))
        return result

    def rows(self):
        base, small = self.preset("base"), self.preset("xsmall")
        made = [
            Row("train-torch", ("torch",), "training base, %d epochs, two threads" % EPOCHS, "PyTorch, padded to 64", 25, 40,
                self.train_torch),
            Row("predict-torch", ("torch",), "predict base 8-bit, one thread", "PyTorch, batch 256, one thread", 60, 100,
                self.predict_torch),
            Row("predict-fp32", (), "predict %s 8-bit, one thread" % base, "fp32 path of pnlp", 2.5, 3.5, self.predict_fp32)]
        for set_, must, aim in (("mtop/en", 0.8, 1.5), ("imdb", 0.5, 1.0), ("ag_news", 0.5, 1.0)):
            made.append(Row("fasttext-" + set_.split("/")[0], ("fasttext",), "predict %s 8-bit, %s, one thread" % (small, set_),
                            "fastText under 1 MB", must, aim, lambda set_=set_: self.fasttext(set_)))
        made += [
            Row("project-spm", ("sentencepiece",), "project -t spm, one thread", "spm_encode, the same pieces", 1.5, 3,
                lambda: self.project("spm")),
            Row("project-chars", ("sentencepiece",), "project, one thread", "spm_encode, %d pieces" % PIECES, 1.5, 3,
                lambda: self.project("chars")),
            Row("line", ("fasttext",), "one line, exec to exit (%s)" % small, "fastText under 1 MB", 2, 1, self.line, "times its time"),
            Row("memory", (), "peak memory of predict, " + (self.options.preset or "base, wordpiece of mBERT"), "", 64, 32, self.memory, "MB"),
            Row("threads-train", (), "two threads, train %s" % base, "one thread", 1.85, 1.95, lambda: self.threads("train")),
            Row("threads-predict", (), "two threads, predict %s" % base, "one thread", 1.85, 1.95, lambda: self.threads("predict")),
            Row("long", (), "a token at %d tokens (%s)" % (LENGTHS[1], base), "at %d tokens" % LENGTHS[0], 1.3, 1.0, self.long,
                "times its time")]
        return made


def describe(row, result):
    """One line of the table, and the same as an object for --json."""
    value = result.value if result.value is not None else result.ratio("wall")
    less = row.must > row.aim
    reached = (lambda goal: value <= goal) if less else (lambda goal: value >= goal)
    verdict = "aim" if reached(row.aim) else "must" if reached(row.must) else "missed"
    seen = {"row": row.name, "what": row.what, "against": row.against, "value": round(value, 4), "unit": row.unit,
            "must": row.must, "aim": row.aim, "reached": verdict, "ours": result.ours.as_json(), "notes": result.notes}
    by_cpu = rates = ""
    if result.peer:
        seen.update(peer=result.peer.as_json(), ratio=round(result.ratio("wall"), 4), ratio_cpu=round(result.ratio("cpu"), 4))
        by_cpu = "%.2f" % (1 / result.ratio("cpu") if less else result.ratio("cpu"))
    if result.ours_units > 1:
        seen["rows_per_second"] = [round(result.ours_units / result.ours.wall), round(result.peer_units / result.peer.wall)]
        rates = "{:,} / {:,} rows/s".format(*seen["rows_per_second"])
    else:
        rates = "%.2f%s s" % (result.ours.wall, " / %.2f" % result.peer.wall if result.peer else "")
    noise = max([result.ours.others] + ([result.peer.others] if result.peer else []))
    spread = max([result.ours.spread] + ([result.peer.spread] if result.peer else []))
    notes = list(result.notes)
    if noise > NOISY:
        notes.append("**noisy**: others took %.0f %% of the processors" % (100 * noise))
    if spread > 0.2:
        notes.append("**noisy**: runs differ by %.0f %%" % (100 * spread))
    cells = [row.name, row.what, row.against, rates, "%.2f %s" % (value, row.unit), by_cpu, "%g" % row.must, "%g" % row.aim,
             verdict, "; ".join(notes)]
    return "| " + " | ".join(cells) + " |", seen


def parse():
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA", help="folder of the sets")
    parser.add_argument("--only", action="append", metavar="NAME", help="this row alone (may be given several times)")
    parser.add_argument("--pnlp", default=os.path.join(ROOT, "build/release/cmd/pnlp"), help="the program")
    parser.add_argument("--work", default=os.path.join(ROOT, "build/compare/work"), help="where models and rows are kept")
    parser.add_argument("--json", metavar="FILE", help="append an object for each row to FILE")
    parser.add_argument("--runs", type=int, default=5, help="of each program; the median counts [5]")
    parser.add_argument("--rows", type=int, default=1000000, help="rows of MTOP that are predicted, others in proportion [1000000]")
    parser.add_argument("--limit", type=int, default=0, help="training rows of each set [all]")
    parser.add_argument("--epochs", type=int, default=2, help="of models whose speed is measured [2]")
    parser.add_argument("--train-epochs", type=int, default=3, help="that are timed where training is compared [3]")
    parser.add_argument("--preset", help="in place of xsmall and base, such as megabyte; without the rows of PyTorch")
    parser.add_argument("--vocabulary", help="WordPiece vocabulary [DATA/vocab/bert-base-multilingual-cased-vocab.txt, or chars]")
    parser.add_argument("--torch-python", default=sys.executable, help=argparse.SUPPRESS)
    parser.add_argument("--torch-from", default="", help=argparse.SUPPRESS)
    parser.add_argument("--needs", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(options):
    rows = Comparison(options).rows()
    if options.preset:
        rows = [row for row in rows if "torch" not in row.needs]
    names = [row.name for row in rows]
    for name in options.only or ():
        if name not in names:
            sys.exit("compare.sh: there is no row '%s'; there are: %s" % (name, ", ".join(names)))
    return [row for row in rows if not options.only or row.name in options.only]


def main():
    options = parse()
    rows = chosen(options)
    if options.needs:
        needs = sorted({need for row in rows for need in row.needs})
        print("\n".join("torch" if need == "torch" else "compare-" + need for need in needs))
        return 0
    about = {"pnlp": peers.call([options.pnlp, "--version"]).split("\n")[0], "processor": processor(), "cores": CORES,
             "load": os.getloadavg()[0], "runs": options.runs}
    if any("torch" in row.needs for row in rows):
        version = peers.call([options.torch_python, "-c", "import torch; print(torch.__version__)"]).strip()
        about["torch"] = ("PyTorch %s %s" % (version, options.torch_from)).strip()
    print("%s; %s, %d cores; medians of %d runs%s\n" % (about["pnlp"], about["processor"], CORES, options.runs,
                                                      "; " + about["torch"] if "torch" in about else ""))
    print("| row | what | against | ours / theirs | elapsed | processor | must | aim | reached | notes |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    failed = False
    for row in rows:
        warning = load_warning()
        if warning:
            print("compare.sh: %s: %s" % (row.name, warning), file=sys.stderr)
        try:
            line, seen = describe(row, row.work())
        except (Failed, OSError) as fault:
            print("compare.sh: %s: %s" % (row.name, fault), file=sys.stderr)
            failed = True
            continue
        print(line, flush=True)
        if options.json:
            with open(options.json, "a", encoding="utf-8") as file:
                file.write(json.dumps({**seen, **about}, ensure_ascii=False) + "\n")
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
