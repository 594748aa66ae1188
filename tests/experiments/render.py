#!/usr/bin/env python3
"""A Markdown table of runs, mean and spread over seeds: render.py [--title T] [--folds] [--rows] RESULTS SET/RECIPE...

--folds: the folds of a set are one set, whose value for a seed is their mean. --rows: sets are told by their number of
training records. --missing: names that could not be run."""

import argparse

import results

METRICS = (("accuracy", "accuracy"), ("exact", "exact"), ("exact-spans", "exact spans"), ("span-f1", "span F1"),
           ("slot-words", "slot words"))


def cell(group, name):
    mean, spread = group.mean(name), group.spread(name)
    if mean is None:
        return ""
    return "%.1f" % (100 * mean) + (" ± %.1f" % (100 * spread) if spread is not None else "")


def plain(group, name, form, scale=1.0):
    mean = group.mean(name)
    return "" if mean is None else form % (scale * mean)


def table(rows):
    metrics = [(name, title) for name, title in METRICS if any(group.values(name) for group in rows)]
    if "exact-spans" not in dict(metrics):  # then it says what accuracy says
        metrics = [(name, title) for name, title in metrics if name != "exact"]
    lines = [["set", "recipe", "seeds", *[title for _, title in metrics], "CPU s", "peak MB", "model bytes"]]
    lines.append(["---"] * len(lines[0]))
    for group in rows:
        lines.append([group.set, group.recipe, str(group.seeds), *[cell(group, name) for name, _ in metrics],
                      plain(group, "cpu", "%.0f"), plain(group, "peak", "%.0f", 1e-6), plain(group, "bytes", "%.0f")])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description="a Markdown table of runs")
    parser.add_argument("results")
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--title", default="")
    parser.add_argument("--missing", default="")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--rows", action="store_true")
    arguments = parser.parse_args()
    key = lambda run: run["set"]  # noqa: E731
    if arguments.folds:
        key = lambda run: results.whole(run["set"])  # noqa: E731
    elif arguments.rows:
        key = lambda run: "%s, %d" % (results.whole(run["set"]), run["rows"])  # noqa: E731
    rows = results.groups(arguments.results, arguments.runs, key)
    if arguments.title:
        print("### %s\n" % arguments.title)
    print(table(rows), end="")
    spread = any(group.seeds > 1 for group in rows)
    print("\nPer cent%s; versions: %s." % (", mean ± standard deviation over seeds" if spread else "", ", ".join(
        sorted({run["version"] for group in rows for run in group.runs}))))
    if arguments.missing:
        print("\nNot in this program: %s." % arguments.missing)


if __name__ == "__main__":
    main()
