# SPDX-License-Identifier: MIT
"""The figures of how well selectors spread what they are given: not of time, and the same on every machine."""
import math

import style
from style import WEIGHTS, WIDTH, plt

KEYS = 100_000


def imbalance(measured, note):
    """The largest load of each hash beyond its share, against members."""
    having = measured.having("peak")
    if not having:
        return None
    names = sorted({b.name for b in having})
    hows = style.styles(names)
    height = max(3.6, 0.14 * len(names) + 1.9)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, height), sharey=True)
    figure.subplots_adjust(left=0.09, right=0.72, top=1 - 0.85 / height, bottom=0.7 / height, wspace=0.06)
    sizes = sorted({b.arguments["members"] for b in having})
    ends = {}
    for axis, (mixed, weights) in zip(axes, WEIGHTS):
        axis.set_title(weights, loc="left")
        for name in names:
            line = sorted((b for b in having if b.name == name and b.arguments["mixed"] == mixed),
                          key=lambda b: b.arguments["members"])
            if not line:
                continue
            x = [b.arguments["members"] for b in line]
            y = [100 * max(b.counters["peak"] - 1, 1e-4) for b in line]
            axis.plot(x, y, **hows[name])
            ends[name] = (x[-1] if axis is axes[1] else None, y[-1], name, hows[name])
        axis.set_yscale("log")
        style.members_axis(axis, sizes)
        axis.set_xlabel("members")
    style.log_axis(axes[0].yaxis)
    axes[0].plot(sizes, [100 * math.sqrt(2 * math.log(n) * n / KEYS) for n in sizes], **style.plain())
    axes[0].set_ylabel("% above the share")
    style.label_ends(axes[1], ends.values())
    style.legend(figure, height, [plt.Line2D([], [], **style.plain())], ["what chance alone gives, for weights 1"])
    style.finish(figure, "Load imbalance: the busiest member, of 100,000 keys", note, height)
    return figure


def rows_of_dots(measured, counter, title, text, note, scale, scaled=lambda value: value):
    """A row for each selector, a dot for each number of members."""
    having = measured.having(counter)
    if not having:
        return None
    names = sorted({b.name for b in having}, reverse=True)
    sizes = sorted({b.arguments["members"] for b in having})
    hows = style.styles(sizes)
    height = 0.2 * len(names) + 1.5
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, height), sharey=True, sharex=True)
    figure.subplots_adjust(left=0.25, right=0.985, top=1 - 0.85 / height, bottom=0.7 / height, wspace=0.06)
    for axis, (mixed, weights) in zip(axes, WEIGHTS):
        axis.set_title(weights, loc="left")
        for at, name in enumerate(names):
            row = {b.arguments["members"]: scaled(b.counters[counter]) for b in having
                   if b.name == name and b.arguments["mixed"] == mixed}
            if not row:
                continue
            axis.plot([min(row.values()), max(row.values())], [at, at], color="#bbbbbb", linewidth=1, zorder=1)
            for size, value in row.items():
                axis.plot(value, at, **{**hows[size], "linestyle": "", "zorder": 3 + sizes.index(size),
                                        "markersize": 8 - 1.3 * sizes.index(size)})
        scale(axis)
        axis.set_xlabel(text)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    style.legend(figure, height, [plt.Line2D([], [], **{**hows[size], "linestyle": ""}) for size in sizes],
                 [f"{size} members" for size in sizes])
    style.finish(figure, title, note, height)
    return figure


def logarithmic(axis):
    axis.set_xscale("log")
    style.log_axis(axis.xaxis)


def logarithmic_from_zero(axis):
    axis.set_xscale("symlog", linthresh=0.01)
    ticks = (0, 0.01, 0.1, 1, 10, 100)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def all_figures(measured, note):
    """Name and figure, or None."""
    note = note.partition(". ")[0] + "."  # these have no spread
    yield "imbalance", imbalance(measured, note)
    yield "smoothness", rows_of_dots(measured, "deviation", "Smoothness of turns: the largest deviation over a period",
                                     "choices away from the share, in the first 100,000", note, logarithmic)
    yield "moved", rows_of_dots(measured, "moved", "Keys moved without need when a member leaves", "% of all keys",
                                note, logarithmic_from_zero, scaled=lambda value: 100 * value)
