#!/usr/bin/env python3
"""A figure of runs as SVG: figure.py --x bytes|rows --y METRIC [--join] [--title T] -o OUT.svg RESULTS SET/RECIPE...

x is logarithmic, y a share shown in per cent; bars are a standard deviation over seeds. A line joins the points of a
recipe, or with --join all points."""

import argparse
import math
import os
from xml.sax.saxutils import escape

import results

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 120, 44, 56
COLORS = ("#1f5fa8", "#c4472b", "#3b8a4a", "#7a4fa3", "#8a6d1f")
AXES = {"bytes": "bytes of the model file", "rows": "training examples"}


def short(value):
    """1048576 as 1M, 52000 as 52k."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return "%.3g%s" % (value / limit, unit)
    return "%.3g" % value


def ticks_of_log(low, high):
    """1, 2, 5 of each decade within the range; all of them but for a wide one."""
    steps = (1, 2, 5) if high / low < 2000 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]


def ticks_of(low, high):
    span = high - low
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if span / step <= 8)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Plot:
    def __init__(self, points):
        xs = [x for x, _, _ in points]
        tops = [y + (bar or 0) for _, y, bar in points]
        bottoms = [y - (bar or 0) for _, y, bar in points]
        self.low, self.high = min(xs) / 1.3, max(xs) * 1.3
        margin = max(0.5, 0.06 * (max(tops) - min(bottoms)))
        self.bottom, self.top = min(bottoms) - margin, min(100 + margin, max(tops) + margin)
        self.parts = []

    def x(self, value):
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        share = (value - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def line(self, x1, y1, x2, y2, color, width=1.0):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%g"/>' % (
            x1, y1, x2, y2, color, width))

    def text(self, x, y, text, anchor="start", color="#222", extra=""):
        self.parts.append('<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>' % (
            x, y, anchor, color, extra, escape(text)))

    def axes(self, title, x_title, y_title):
        for value in ticks_of_log(self.low, self.high):
            self.line(self.x(value), TOP, self.x(value), HEIGHT - BOTTOM, "#e4e4e4")
            self.text(self.x(value), HEIGHT - BOTTOM + 18, short(value), "middle")
        for value in ticks_of(self.bottom, self.top):
            self.line(LEFT, self.y(value), WIDTH - RIGHT, self.y(value), "#e4e4e4")
            self.text(LEFT - 8, self.y(value) + 4, "%g" % round(value, 6), "end")
        self.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#666")
        self.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "#666")
        self.text(LEFT, 24, title, extra=' font-weight="bold"')
        self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_title, "middle")
        middle = (TOP + HEIGHT - BOTTOM) / 2
        self.text(16, middle, y_title, "middle", extra=' transform="rotate(-90 16 %.1f)"' % middle)

    def series(self, points, color):
        """points: (x, y, bar or None, label) by rising x."""
        path = " ".join("%.1f,%.1f" % (self.x(x), self.y(y)) for x, y, _, _ in points)
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>' % (path, color))
        for x, y, bar, label in points:
            if bar:
                self.line(self.x(x), self.y(y - bar), self.x(x), self.y(y + bar), color)
            self.parts.append('<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"><title>%s</title></circle>' % (
                self.x(x), self.y(y), color, escape(label)))

    def names(self, ends):
        """Names of series right of their last points, (name, x, y, color), moved down where they would meet."""
        last = -math.inf
        for name, x, y, color in sorted(ends, key=lambda end: -end[2]):
            last = max(self.y(y) + 4, last + 14)
            self.text(self.x(x) + 8, last, name, color=color)

    def svg(self):
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">\n'
                '<rect width="%d" height="%d" fill="#fff"/>\n%s\n</svg>\n' % (WIDTH, HEIGHT, WIDTH, HEIGHT, "\n".join(self.parts)))


def series_of(groups, x, y, join):
    """{name: [(x, y in per cent, bar, label)]}, points by rising x."""
    series = {}
    for group in groups:
        spread = group.spread(y)
        point = (group.mean(x), 100 * group.mean(y), None if spread is None else 100 * spread)
        label = "%s: %s %s, %.1f %%" % (group.recipe, short(point[0]), x, point[1])
        series.setdefault("" if join else group.recipe, []).append(point + (label,))
    return {name: sorted(points) for name, points in series.items()}


def main():
    parser = argparse.ArgumentParser(description="a figure of runs")
    parser.add_argument("results")
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--x", choices=sorted(AXES), required=True)
    parser.add_argument("--y", required=True)
    parser.add_argument("--join", action="store_true")
    parser.add_argument("--title", default="")
    parser.add_argument("-o", dest="out", required=True)
    arguments = parser.parse_args()
    key = (lambda run: run["rows"]) if arguments.x == "rows" else (lambda run: run["set"])
    series = series_of(results.groups(arguments.results, arguments.runs, key), arguments.x, arguments.y, arguments.join)
    plot = Plot([point[:3] for points in series.values() for point in points])
    plot.axes(arguments.title, AXES[arguments.x], arguments.y + ", %")
    ends = []
    for color, (name, points) in zip(COLORS * len(series), series.items()):
        plot.series(points, color)
        ends.append((name, *points[-1][:2], color))
    plot.names(ends)
    with open(arguments.out + ".new", "w", encoding="utf-8") as file:
        file.write(plot.svg())
    os.rename(arguments.out + ".new", arguments.out)


if __name__ == "__main__":
    main()
