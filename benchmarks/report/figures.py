#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of results.json into a directory. What is in a figure is what the file has: a selector's kind is
the label of its benchmark, and who has a counter is in the figure of that counter."""
import math
import os
import sys

import quality
import results
import style
from style import WEIGHTS, WIDTH, plt


def note(measured):
    f = measured.facts
    return (f"{f.get('cpu')}, {f.get('cores')}; {f.get('compiler')}, {f.get('flags')}; commit {f.get('commit')}; "
            f"{f.get('date')}. Medians of {f.get('rounds')} rounds; bars go from the least to the most.")


def lines_of(benchmarks, mixed):
    """By name, the benchmarks of one kind of weights in the order of their sizes."""
    lines = {}
    for b in benchmarks:
        if b.arguments.get("mixed") == mixed:
            lines.setdefault(b.name, []).append(b)
    return {name: sorted(bs, key=lambda b: b.arguments["members"]) for name, bs in lines.items()}


def draw(axis, benchmarks, bars=True, **how):
    x = [b.arguments["members"] for b in benchmarks]
    y = [b.median for b in benchmarks]
    axis.plot(x, y, **how)
    if bars:
        axis.vlines(x, [min(b.times.values()) for b in benchmarks], [max(b.times.values()) for b in benchmarks],
                    color=how["color"], linewidth=0.7)


FLOOR_LINES = (":", (0, (1, 3)))


def draw_floors(axis, measured):
    for name, line in zip(results.FLOORS, FLOOR_LINES):
        if measured.floor(name):
            axis.axhline(measured.floor(name).median, color="black", linestyle=line, linewidth=0.8, zorder=0)


def sizes_of(measured):
    return sorted({b.arguments["members"] for bs in measured.families().values() for b in bs})


def floors_legend(figure, height, handles, texts, ncols=None):
    floors = [plt.Line2D([], [], color="black", linestyle=line, linewidth=0.8) for line in FLOOR_LINES]
    style.legend(figure, height, handles + floors,
                 texts + ["a load from the first-level cache", "a fetch_add that nobody else wants"], ncols)


def select(measured):
    """Time against members, a row for each kind of selector."""
    families = measured.families()
    names = {kind: sorted({b.name for b in bs}) for kind, bs in families.items()}
    kinds = sorted(families, key=lambda kind: -len(names[kind]))
    heights = [max(1.25, 0.135 * len(names[kind]) + 0.2) for kind in kinds]
    height = sum(heights) + 0.5 * len(kinds) + 1.0
    figure, axes = plt.subplots(len(kinds), 2, figsize=(WIDTH, height), squeeze=False, sharex=True, sharey="row",
                                gridspec_kw={"height_ratios": heights})
    figure.subplots_adjust(left=0.08, right=0.7, top=1 - 0.85 / height, bottom=0.65 / height, wspace=0.06,
                           hspace=0.5 * len(kinds) / sum(heights))
    for row, kind in zip(axes, kinds):
        select_row(row, kind, families[kind], style.styles(names[kind]), measured)
        row[0].set_ylabel("ns a choice")
    for axis in axes[-1]:
        axis.set_xlabel("members")
    figure.align_ylabels(axes[:, 0])
    floors_legend(figure, height, [plt.Line2D([], [], **style.plain())], ["the textbook's form of each"])
    style.finish(figure, "Time of a choice against the number of members", note(measured), height)
    return figure


def select_row(row, kind, benchmarks, hows, measured):
    """Equal weights at the left, mixed ones at the right, if there are any; labels beside the last."""
    lines = [lines_of(benchmarks, mixed) for mixed, _ in WEIGHTS]
    last = row[1] if lines[1] else row[0]
    row[1].set_visible(last is row[1])
    ends = {}
    for axis, (_, weights), of_axis in zip(row, WEIGHTS, lines):
        axis.set_title(f"{kind}, {weights}", loc="left")
        axis.set_yscale("log")
        draw_floors(axis, measured)
        for name, line in of_axis.items():
            textbook = [t for t in map(measured.textbook_of, line) if t]
            if textbook:
                draw(axis, textbook, bars=False, **style.plain())
            draw(axis, line, **hows[name])
            ends[name] = (line[-1].arguments["members"] if axis is last else None, line[-1].median, name, hows[name])
        style.members_axis(axis, sizes_of(measured))
        axis.tick_params(labelbottom=True)
    style.log_axis(row[0].yaxis)
    style.label_ends(last, ends.values())


def beside(measured):
    """A small panel for each selector that has a textbook's form."""
    pairs = {}
    for b in measured.benchmarks.values():
        if b.label and measured.textbook_of(b):
            pairs.setdefault(b.name, []).append(b)
    columns = 4
    rows = math.ceil(len(pairs) / columns)
    if rows == 0:
        return None
    height = 1.3 * rows + 1.5
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, sharex=True, sharey=True)
    figure.subplots_adjust(left=0.08, right=0.985, top=1 - 1 / height, bottom=0.65 / height, wspace=0.08, hspace=0.32)
    for axis in axes.flat[len(pairs):]:
        axis.set_visible(False)
    for axis, (name, benchmarks) in zip(axes.flat, pairs.items()):
        axis.set_title(name, loc="left", fontsize=style.TEXT - 0.5)
        draw_floors(axis, measured)
        for mixed, face in ((0, "white"), (1, None)):
            for line in lines_of(benchmarks, mixed).values():
                draw(axis, [measured.textbook_of(b) for b in line], marker="s", markersize=3.5,
                     markerfacecolor=face or style.GREY, **style.plain())
                draw(axis, line, color="black", marker="o", markerfacecolor=face or "black")
        axis.set_yscale("log")
        style.members_axis(axis, sizes_of(measured))
    style.log_axis(axes[0, 0].yaxis)
    for axis in axes[:, 0]:
        axis.set_ylabel("ns a choice")
    for column in range(columns):
        last = [axis for axis in axes[:, column] if axis.get_visible()]
        if last:
            last[-1].tick_params(labelbottom=True)
            last[-1].set_xlabel("members")
    ours, book = {"color": "black", "marker": "o"}, {"marker": "s", **style.plain()}
    floors_legend(figure, height, [
        plt.Line2D([], [], markerfacecolor="white", **ours), plt.Line2D([], [], **ours),
        plt.Line2D([], [], markerfacecolor="white", **book), plt.Line2D([], [], **book)],
                  ["weights 1", "weights 1..100", "its textbook's form, weights 1", "weights 1..100"], ncols=3)
    style.finish(figure, "Each selector beside the textbook's form of it", note(measured), height)
    return figure


def threads(measured):
    """Choices of all threads together, and in parts of those of one."""
    lines = {}
    for b in sorted(measured.from_threads(), key=lambda b: b.arguments["threads"]):
        lines.setdefault(b.name, []).append(b)
    if not lines:
        return None
    height = max(3.4, 0.14 * len(lines) + 1.8)
    figure, (rate, scale) = plt.subplots(1, 2, figsize=(WIDTH, height))
    figure.subplots_adjust(left=0.07, right=0.66, top=1 - 0.85 / height, bottom=0.7 / height, wspace=0.2)
    own = [name for name, line in lines.items() if not is_baseline(line[0])]
    others = [name for name in lines if name not in own]
    hows = style.styles(own)
    hows.update({name: {**style.plain(), "marker": style.MARKERS[i], "markerfacecolor": "white"}
                 for i, name in enumerate(others)})
    counts = sorted({b.arguments["threads"] for line in lines.values() for b in line})
    scale.plot(counts, counts, color="black", linewidth=0.8, linestyle=":", zorder=0)
    ends = []
    for name, line in lines.items():
        x = [b.arguments["threads"] for b in line]
        rate.plot(x, [1000 / b.median for b in line], **hows[name])
        rate.vlines(x, [1000 / max(b.times.values()) for b in line], [1000 / min(b.times.values()) for b in line],
                    color=hows[name]["color"], linewidth=0.7)
        ratios, most, least = zip(*([1 / part for part in b.over(line[0])] for b in line))
        scale.plot(x, ratios, **hows[name])
        scale.vlines(x, least, most, color=hows[name]["color"], linewidth=0.7)
        ends.append((x[-1], ratios[-1], name.removeprefix("threads/"), hows[name]))
    for axis in (rate, scale):
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.set_xlim(counts[0] * 0.9, counts[-1] * 1.1)
        axis.set_xticks(counts, [str(count) for count in counts])
        axis.minorticks_off()
        axis.set_xlabel("threads, a core for each")
    scale.set_ylim(min(e[1] for e in ends) / 1.3, 1.15 * max(counts[-1], *(e[1] for e in ends)))
    style.log_axis(rate.yaxis)
    ticks = [t for t in (0.125, 0.25, 0.5, *counts) if t >= min(e[1] for e in ends) / 2]
    scale.set_yticks(ticks, [f"{t:g}" for t in ticks])
    rate.set_title("choices a microsecond, all threads together", loc="left")
    scale.set_title("the same in parts of one thread's", loc="left")
    style.label_ends(scale, ends)
    style.legend(figure, height, [plt.Line2D([], [], color="black", linewidth=0.8, linestyle=":"),
                                  plt.Line2D([], [], **style.plain())],
                 ["n threads do n times as much", "limits of the machine, and locks"])
    style.finish(figure, "Scaling over threads, 64 members", note(measured), height)
    return figure


def is_baseline(benchmark):
    return benchmark.name.startswith("machine/") or benchmark.label == "baseline"


def all_figures(measured):
    """Name and figure; none of what was not measured."""
    if measured.families():
        yield "select", select(measured)
    yield "textbook", beside(measured)
    yield "threads", threads(measured)
    yield from quality.all_figures(measured, note(measured))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: figures.py results.json DIRECTORY")
    try:
        measured = results.load(sys.argv[1])
    except results.BadResults as error:
        sys.exit(f"benchmarks/report/figures.py: {error}")
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, figure in all_figures(measured):
        if figure is not None:
            style.save(figure, sys.argv[2], name)


if __name__ == "__main__":
    main()
