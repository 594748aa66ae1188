#!/usr/bin/env python3
"""What else labels texts, learning from the same rows: peer.py svm|fasttext [--seed N] -o OUT.jsonl TRAIN.jsonl DEV.jsonl

svm: TF-IDF of words (1-2) and of characters inside words (2-5), LinearSVC; needs scikit-learn. fasttext: Debian's program,
word pairs, lower case, punctuation set apart, as many epochs as make 400,000 visits to rows (25 to 500).
OUT.jsonl has what `pnlp predict` would have written: a prediction with a label for each record of DEV."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def svm(train, dev, _seed):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    labels = [str(row["label"]) for row in train]
    if len(set(labels)) < 2:
        return labels[:1] * len(dev)
    features = make_union(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                          TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))
    model = make_pipeline(features, LinearSVC(random_state=0))
    model.fit([row["text"] for row in train], labels)
    return list(model.predict([row["text"] for row in dev]))


def fasttext_text(text):
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", text.lower()).split()) or "."


def fasttext(train, dev, seed):
    names = sorted({str(row["label"]) for row in train})
    epochs = min(500, max(25, 400000 // len(train)))
    with tempfile.TemporaryDirectory() as folder:
        rows, model, texts = (os.path.join(folder, name) for name in ("train", "model", "dev"))
        with open(rows, "w", encoding="utf-8") as file:
            for row in train:
                file.write("__label__%d %s\n" % (names.index(str(row["label"])), fasttext_text(row["text"])))
        with open(texts, "w", encoding="utf-8") as file:
            file.writelines(fasttext_text(row["text"]) + "\n" for row in dev)
        subprocess.run(["fasttext", "supervised", "-input", rows, "-output", model, "-wordNgrams", "2", "-lr", "0.5", "-dim",
                        "50", "-bucket", "200000", "-epoch", str(epochs), "-thread", "1", "-seed", str(seed)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        said = subprocess.run(["fasttext", "predict", model + ".bin", texts], check=True, stdout=subprocess.PIPE).stdout
    answers = said.decode().splitlines()
    if len(answers) != len(dev):
        sys.exit("peer.py: fastText answered %d of %d rows" % (len(answers), len(dev)))
    return [names[int(answer[len("__label__"):])] for answer in answers]


def main():
    parser = argparse.ArgumentParser(description="what else labels texts")
    parser.add_argument("peer", choices=("svm", "fasttext"))
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--seed", type=int, default=1, help="of fastText")
    parser.add_argument("-o", dest="out", required=True)
    arguments = parser.parse_args()
    train, dev = read(arguments.train), read(arguments.dev)
    labels = {"svm": svm, "fasttext": fasttext}[arguments.peer](train, dev, arguments.seed)
    with open(arguments.out + ".new", "w", encoding="utf-8") as file:
        for label in labels:
            file.write(json.dumps({"prediction": {"label": str(label), "score": 1}}, ensure_ascii=False) + "\n")
    os.rename(arguments.out + ".new", arguments.out)


if __name__ == "__main__":
    main()
