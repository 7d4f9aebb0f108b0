# SPDX-License-Identifier: MIT
"""How figures look: legible in black and white, to the colour-blind, and with the labels beside the lines."""
import os
import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  the backend first

# Okabe and Ito's, without the yellow, which is too light for lines on white
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p", "h")
LINES = ("-", "-.", (0, (1, 1.2)), (0, (7, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
GREY = "#777777"
DASHED = (0, (4, 2.5))
TEXT = 8
WIDTH = 9.5
WEIGHTS = ((0, "weights 1"), (1, "weights 1..100"))
LEAST, MOST = 0.02, 0.98  # of an axis, where labels may be

plt.rcParams.update({
    "font.size": TEXT, "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "axes.titlesize": TEXT + 1, "figure.titlesize": TEXT + 3, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#e2e2e2", "grid.linewidth": 0.5,
    "lines.linewidth": 1.2, "lines.markersize": 4.5, "legend.frameon": False, "legend.handlelength": 3.5,
    # text stays text, and the same results make the same file
    "svg.fonttype": "none", "svg.hashsalt": "poise", "savefig.dpi": 120})


def style(number):
    """A colour, a marker and a line, of which no two are the same for the first few hundred."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)],
            "linestyle": LINES[number % len(LINES)],
            # every other one hollow: one more difference without colour
            "markerfacecolor": COLOURS[number % len(COLOURS)] if number % 2 == 0 else "white"}


def styles(names):
    return {name: style(number) for number, name in enumerate(names)}


def plain():
    """What the book has."""
    return {"color": GREY, "linestyle": DASHED, "linewidth": 0.9, "zorder": 1}


def apart(wanted, gap):
    """Rising positions near the wanted ones, none nearer to another than the gap, within an axis if they have room."""
    up = list(wanted)
    for i in range(1, len(up)):
        up[i] = max(up[i], up[i - 1] + gap)
    down = list(wanted)
    for i in range(len(down) - 2, -1, -1):
        down[i] = min(down[i], down[i + 1] - gap)
    placed = [(a + b) / 2 for a, b in zip(up, down)]
    if placed and placed[-1] > MOST:
        placed[-1] = MOST
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = min(placed[i], placed[i + 1] - gap)
    if placed and placed[0] < LEAST:
        placed[0] = LEAST
        for i in range(1, len(placed)):
            placed[i] = max(placed[i], placed[i - 1] + gap)
    return placed


def label_ends(axis, ends):
    """Beside the axis, for each (x, y, text, style): the text by its marker, and a hairline to the end of its line.

    To be called when all is drawn. Without x there is no line in this axis, and no hairline."""
    axis.get_xlim(), axis.get_ylim()  # which finds them, where they are those of the data
    axis.autoscale(False)
    to_axes = axis.transData + axis.transAxes.inverted()
    height = axis.get_window_extent().height * 72 / axis.figure.dpi
    placed = sorted(((x and to_axes.transform((x, y))[0], to_axes.transform((1, y))[1], text, how)
                     for x, y, text, how in ends), key=lambda e: e[1])
    for (x, y, text, how), at in zip(placed, apart([e[1] for e in placed], (TEXT + 1.5) / height)):
        if x is not None:
            axis.plot([x, 1.02, 1.05], [y, at, at], transform=axis.transAxes, clip_on=False, color="#bbbbbb",
                      linewidth=0.5, zorder=0)
        axis.plot([1.05, 1.085, 1.12], [at] * 3, transform=axis.transAxes, clip_on=False, markevery=[1], **how)
        axis.text(1.135, at, text, transform=axis.transAxes, va="center", color="black")


def members_axis(axis, sizes):
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [f"{size}" for size in sizes])
    axis.minorticks_off()


def log_axis(axis):
    """An axis.xaxis or axis.yaxis with 1, 10, 100 and not powers; with 2 and 5, where there is little else."""
    axis.axes.minorticks_off()
    low, high = axis.get_view_interval()
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5) if high < 200 * low else (1,), numticks=9))
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))


def legend(figure, height, handles, texts, ncols=None):
    """In the line below the title."""
    figure.legend(handles, texts, loc="upper left", bbox_to_anchor=(0, 1 - 0.25 / height), ncols=ncols or len(handles),
                  columnspacing=1.5)


def finish(figure, title, note, height):
    """Title and note at the same distance from the edge, whatever the height in inches."""
    figure.suptitle(title, x=0.01, y=1 - 0.06 / height, ha="left", va="top", fontweight="bold")
    figure.text(0.01, 0.06 / height, note, ha="left", va="bottom", color="#444444", fontsize=TEXT - 1)


def save(figure, directory, name):
    vector = os.path.join(directory, name + ".svg")
    figure.savefig(vector, metadata={"Date": None})
    with open(vector, encoding="utf-8") as file:
        text = re.sub(r"^ +", "", file.read(), flags=re.MULTILINE)
    with open(vector, "w", encoding="utf-8") as file:  # a hundredth of a point is enough
        file.write(re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", text))
    figure.savefig(os.path.join(directory, name + ".png"), metadata={"Software": None})
    plt.close(figure)
