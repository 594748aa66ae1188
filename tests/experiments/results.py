"""Reading results.jsonl: the latest line of each run, grouped, with mean and spread over seeds."""

import json
import statistics


class Group:
    """Runs that differ in their seed alone."""

    def __init__(self, set_, recipe, runs):
        self.set, self.recipe, self.runs = set_, recipe, runs

    def values(self, name):
        """One value a seed of a metric, or of a field such as bytes; the mean where a seed has several runs (folds)."""
        seeds = {}
        for run in self.runs:
            value = run["metrics"].get(name, run.get(name))
            if value is not None:
                seeds.setdefault(run["seed"], []).append(value)
        return [statistics.mean(values) for _, values in sorted(seeds.items())]

    def mean(self, name):
        values = self.values(name)
        return statistics.mean(values) if values else None

    def spread(self, name):
        """Standard deviation over seeds; None for fewer than two."""
        values = self.values(name)
        return statistics.stdev(values) if len(values) > 1 else None

    @property
    def seeds(self):
        return len({run["seed"] for run in self.runs})


def whole(set_):
    """The set that one with a full stop was made of."""
    return set_.split(".")[0]


def read(path):
    """The latest line of each run, by (set, recipe, seed)."""
    latest = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            run = json.loads(line)
            latest[run["set"], run["recipe"], run["seed"]] = run
    return list(latest.values())


def groups(path, wanted, key=lambda run: run["set"]):
    """A Group for each SET/RECIPE of `wanted` that has results, in that order; sets with equal `key` become one."""
    order = {name: place for place, name in enumerate(dict.fromkeys(wanted))}
    found = {}
    for run in read(path):
        place = order.get(run["set"] + "/" + run["recipe"])
        if place is not None:
            name = (key(run), run["recipe"])
            first, runs = found.get(name, (place, []))
            found[name] = (min(first, place), runs + [run])
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return [Group(str(name[0]), name[1], runs) for name, (_, runs) in ordered]
