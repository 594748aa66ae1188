"""What compare.py trains and feeds: rows of a set in each program's form, models of pnlp, fastText and SentencePiece.

Everything is a file of the work folder and made once."""

import json
import os
import re
import subprocess

from measuring import Failed

# What an application would find by trying: fastText with word pairs, lower-cased, punctuation set apart, then quantized to
# less than a megabyte.
FASTTEXT = {"mtop/en": ("-lr", "0.5", "-epoch", "25", "-dim", "50"),
            "imdb": ("-lr", "0.3", "-epoch", "10", "-dim", "20"),
            "ag_news": ("-lr", "0.3", "-epoch", "10", "-dim", "20")}
FASTTEXT_BYTES = 1_000_000
# The recipe of the paper, for pnlp as for PyTorch.
PAPER = ("--preset", "base", "--optimizer", "adam", "--lr", "5e-4", "--schedule", "constant", "--warmup", "0", "--batch",
         "256", "--feature-drop", "0", "--slot-substitution", "0", "--dropout", "0", "--weight-decay", "0", "--clip", "0",
         "--r-drop", "0", "--no-crf")


def call(command, stdin=None):
    """Runs a command for what it writes. Errors: Failed, with what it said. Gives its standard output."""
    with open(stdin or os.devnull, "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed("%s: exit status %d\n%s" % (" ".join(command), done.returncode, done.stderr.decode(errors="replace")))
    return done.stdout.decode()


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def fasttext_text(text):
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", text.lower()).split())


class Shop:
    """Makes files in `work`, from the sets in `data`, with at most `limit` training rows of each (0: all)."""

    def __init__(self, pnlp, data, work, epochs, limit):
        self.pnlp, self.data, self.work, self.epochs, self.limit = pnlp, data, work, epochs, limit
        os.makedirs(work, exist_ok=True)

    def made(self, name, make):
        """Path of the file `name`; make(path) writes it if it is not there."""
        path = os.path.join(self.work, name)
        if not os.path.exists(path):
            make(path + ".new")
            os.rename(path + ".new", path)
        return path

    def key(self, set_):
        return set_.replace("/", "-") + ("-%d" % self.limit if self.limit else "")

    def rows(self, set_, split):
        rows = read(os.path.join(self.data, set_, split + ".jsonl"))
        return rows[: self.limit] if self.limit else rows

    def records(self, set_, split, fields=None):
        """JSON lines of a set, with these fields alone."""

        def write(path):
            with open(path, "w", encoding="utf-8") as file:
                for row in self.rows(set_, split):
                    kept = {name: row[name] for name in row if fields is None or name in fields}
                    file.write(json.dumps(kept, ensure_ascii=False) + "\n")

        return self.made("%s.%s.%s.jsonl" % (self.key(set_), split, "-".join(fields or ("all",))), write)

    def repeated(self, set_, form, count):
        """`count` rows of the training set, over and over: "json" ({"text":..}), "lines", or "fasttext"."""
        forms = {"json": lambda text: json.dumps({"text": text}, ensure_ascii=False),
                 "lines": lambda text: " ".join(text.split()), "fasttext": fasttext_text}

        def write(path):
            lines = [forms[form](row["text"]) + "\n" for row in self.rows(set_, "train")]
            with open(path, "w", encoding="utf-8") as file:
                for i in range(count):
                    file.write(lines[i % len(lines)])

        return self.made("%s.%d.%s" % (self.key(set_), count, form), write)

    def model(self, name, set_, fields, options):
        """A pnlp model in fp32, trained briefly: its speed does not depend on what it has learnt."""
        train, dev = (self.records(set_, split, fields) for split in ("train", "dev"))

        def write(path):
            call([self.pnlp, "train", "-q", "-o", path, "--weights", "fp32", "--epochs", str(self.epochs), "--dev", dev,
                  "--overlapping-spans", "keep-longest", *options, train])

        return self.made("%s.%s.e%d.pnlp" % (name, self.key(set_), self.epochs), write)

    def quantized(self, model):
        return self.made(os.path.basename(model) + "8",
                         lambda path: call([self.pnlp, "quantize", "-q", model, "-o", path]))

    def accuracy(self, model, set_, fields):
        dev = self.records(set_, "dev", fields)
        return float(call([self.pnlp, "eval", "-m", model, "--metric", "accuracy", "--unknown-labels", "wrong",
                           "--overlapping-spans", "keep-longest", dev]))

    def fasttext_rows(self, set_, split):
        def write(path):
            with open(path, "w", encoding="utf-8") as file:
                for row in self.rows(set_, split):
                    file.write("__label__%s %s\n" % (row["label"].replace(" ", "_"), fasttext_text(row["text"])))

        return self.made("%s.%s.labelled" % (self.key(set_), split), write)

    def fasttext(self, set_):
        """A quantized fastText model under a megabyte."""
        train = self.fasttext_rows(set_, "train")
        stem = os.path.join(self.work, self.key(set_) + ".fasttext")

        def write(path):
            call(["fasttext", "supervised", "-input", train, "-output", stem, "-wordNgrams", "2", "-bucket", "200000",
                  "-thread", "1", *FASTTEXT[set_]])
            for cutoff in (25000, 20000, 15000, 10000, 7000, 5000, 3000):
                call(["fasttext", "quantize", "-input", train, "-output", stem, "-qnorm", "-retrain", "-cutoff", str(cutoff),
                      "-thread", "1"])
                if os.path.getsize(stem + ".ftz") < FASTTEXT_BYTES:
                    os.rename(stem + ".ftz", path)
                    return
            raise Failed("fastText's model of %s does not get under a megabyte" % set_)

        return self.made(self.key(set_) + ".ftz", write)

    def fasttext_accuracy(self, model, set_):
        said = call(["fasttext", "test", model, self.fasttext_rows(set_, "dev")])
        return float(re.search(r"P@1\s+([\d.]+)", said)[1])

    def pieces(self, lines, vocabulary):
        """A SentencePiece model of `vocabulary` pieces at most."""
        stem = os.path.join(self.work, os.path.basename(lines) + ".%d" % vocabulary)

        def write(path):
            call(["spm_train", "--input=" + lines, "--model_prefix=" + stem, "--vocab_size=%d" % vocabulary,
                  "--hard_vocab_limit=false", "--minloglevel=2"])
            os.rename(stem + ".model", path)

        return self.made(os.path.basename(stem) + ".spm", write)

    def texts_of_length(self, set_, words, count):
        """`count` texts of `words` words each, cut from the training texts one after another."""

        def write(path):
            pool = [word for row in self.rows(set_, "train") for word in re.findall(r"[A-Za-z]+", row["text"])]
            with open(path, "w", encoding="utf-8") as file:
                at = 0
                for _ in range(count):
                    text = [pool[(at + i) % len(pool)] for i in range(words)]
                    at += words
                    file.write(json.dumps({"text": " ".join(text)}) + "\n")

        return self.made("%s.%dx%d.json" % (self.key(set_), count, words), write)
