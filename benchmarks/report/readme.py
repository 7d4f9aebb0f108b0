#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies two figures to the documentation, and writes what README.md has between its markers: the figures, what made
them, and how long each selector takes in parts of its textbook's form."""
import os
import shutil
import sys
import textwrap

import results
import table

BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
SHOWN = (("select", "Time of a choice against the number of members, for each kind of selector"),
         ("imbalance", "Load of the busiest member of each hash against the number of members"))
MIXED = 1


def caption(measured):
    f = measured.facts
    return (f"Made by `{f.get('command')}` at commit {f.get('commit')} on {f.get('date')}: {f.get('cpu')}, "
            f"{f.get('cores')}; {f.get('compiler')}, `{f.get('flags')}`; "
            f"{f.get('rounds')} rounds. All figures, and a table with all ratios, are then in `build/benchmarks`.")


def ratios(measured):
    """A row for each selector that has a textbook, a column for each number of members."""
    rows = {}
    for b in measured.benchmarks.values():
        other = measured.textbook_of(b)
        if other and "members" in b.arguments and b.over(other):
            rows.setdefault(b.name, {})[b.arguments["members"], b.arguments.get("mixed")] = b.over(other)
    sizes = sorted({size for row in rows.values() for size, _ in row})
    lines = table.header("x textbook, weights 1..100, for so many members", *map(str, sizes))
    for name, row in rows.items():
        # what is measured with equal weights alone stands with those
        found = [row.get((size, MIXED)) or (row.get((size, 0)) if all(m == 0 for _, m in row) else None)
                 for size in sizes]
        lines.append(table.row(f"`{name}`", *map(table.ratio, found)))
    return lines


def from_threads(measured):
    """A row for each that threads do at once, a column for each number of threads."""
    rows = {}
    for b in measured.from_threads():
        floor = measured.contended(b)
        if floor and floor is not b:
            rows.setdefault(b.name.removeprefix("threads/"), {})[b.arguments["threads"]] = b.over(floor)
    counts = sorted({count for row in rows.values() for count in row})
    lines = table.header("x a fetch_add by so many threads on one number", *map(str, counts))
    return lines + [table.row(f"`{name}`", *(table.ratio(row.get(count)) for count in counts))
                    for name, row in rows.items()]


def folded(title, lines):
    return [f"<details><summary>{title}</summary>", ""] + lines + ["", "</details>"]


def section(measured, directory):
    lines = [BEGIN]
    for name, text in SHOWN:
        lines += [f"![{text}]({directory}/{name}.svg)", ""]
    lines += textwrap.wrap(caption(measured), 120, break_on_hyphens=False) + [""]
    lines += folded("Each selector in parts of the textbook's form of it: median of the rounds' ratios, and least to most",
                    ratios(measured)) + [""]
    lines += folded("What threads do at once, 64 members of weights 1..100", from_threads(measured))
    return "\n".join(lines + [END])


def replaced(text, new):
    """`text` with all from BEGIN to END, which it must have once each, in that order, made anew."""
    for marker in (BEGIN, END):
        if text.count(marker) != 1:
            raise results.BadResults(f"expected {marker} once, it is there {text.count(marker)} times")
    before, _, rest = text.partition(BEGIN)
    if END not in rest:
        raise results.BadResults(f"expected {END} behind {BEGIN}")
    return before + new + rest.partition(END)[2]


def require_all(measured, figures):
    """Documentation shows all, or stays as it is."""
    command = str(measured.facts.get("command"))
    if "--filter" in command:
        raise results.BadResults(f"expected measurements of all benchmarks, these were made by {command}")
    for name, _ in SHOWN:
        if not os.path.exists(os.path.join(figures, name + ".svg")):
            raise results.BadResults(f"expected the figure {name}.svg in {figures}")


def main(arguments):
    if len(arguments) != 4:
        sys.exit("usage: readme.py results.json FIGURES README.md DOCS")
    measured_file, figures, readme, docs = arguments
    try:
        measured = results.load(measured_file)
        require_all(measured, figures)
        with open(readme, encoding="utf-8") as file:
            text = replaced(file.read(), section(measured, docs))
    except results.BadResults as error:
        sys.exit(f"benchmarks/report/readme.py: {readme}: {error}")
    os.makedirs(docs, exist_ok=True)
    for name, _ in SHOWN:
        shutil.copyfile(os.path.join(figures, name + ".svg"), os.path.join(docs, name + ".svg"))
    with open(readme, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
