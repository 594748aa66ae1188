#!/usr/bin/env python3
"""Gathers what is known of a run: record.py --pnlp PNLP --run SET/RECIPE/SEED --train TRAIN.jsonl --append RESULTS FOLDER

FOLDER holds metrics.json, time.json, perhaps options and model.pnlp. Writes FOLDER/run.json, one line, and appends it to
RESULTS: set, recipe, seed, options, rows (training records), metrics, seconds, cpu, peak, bytes (of the model), version."""

import argparse
import json
import os
import subprocess


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description="gathers what is known of a run")
    for name in ("pnlp", "run", "train", "append"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("folder")
    arguments = parser.parse_args()
    set_, recipe, seed = arguments.run.split("/")
    version = subprocess.run([arguments.pnlp, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    with open(arguments.train, "rb") as file:
        rows = sum(1 for _ in file)
    run = {"set": set_, "recipe": recipe, "seed": int(seed), "options": None, "rows": rows, "bytes": None}
    folder = arguments.folder
    model = os.path.join(folder, "model.pnlp")
    if os.path.exists(model):
        run["bytes"] = os.path.getsize(model)
        run["options"] = read(os.path.join(folder, "options")).strip()
    run.update(json.loads(read(os.path.join(folder, "time.json"))))
    run["metrics"] = json.loads(read(os.path.join(folder, "metrics.json")))["metrics"]
    run["version"] = version.split("\n")[0]
    line = json.dumps(run, ensure_ascii=False) + "\n"
    # One write to a file opened for appending: runs that end together do not mix their lines.
    target = os.open(arguments.append, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(target, line.encode())
    os.close(target)
    with open(os.path.join(folder, "run.json.new"), "w", encoding="utf-8") as file:
        file.write(line)
    os.rename(os.path.join(folder, "run.json.new"), os.path.join(folder, "run.json"))


if __name__ == "__main__":
    main()
