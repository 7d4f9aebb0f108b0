#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes results.md of results.json: each benchmark's time, its spread, and its ratios to others of that run."""
import sys

import results

COUNTERS = (("deviation", "deviation", "largest distance of a member's choices from its share, over a period"),
            ("longest_run", "run", "most choices of one member after each other"),
            ("peak", "peak", "largest load in parts of the member's share, over 100,000 keys"),
            ("moved", "moved", "keys that changed their member although another one left, in parts of all"),
            ("bytes_per_member", "bytes", "memory for each member, without the selector itself"))


def number(value):
    """Three digits, and no exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if abs(value) < 10 else 1
    text = f"{value:.{digits}f}"
    return text if float(text) else f"below {10 ** -digits / 2:g}"


def ratio(found):
    """Median and range of ratios."""
    if found is None:
        return ""
    middle, least, most = map(number, found)
    return middle if least == most else f"{middle} ({least} - {most})"


def facts_of(measured):
    f = measured.facts
    rows = [("command", f"`{f['command']}`" if f.get("command") else ""), ("commit", f.get("commit")),
            ("date", f.get("date")), ("machine", f"{f.get('cpu')}, {f.get('cores')}"),
            ("compiler", f.get("compiler")), ("flags", f.get("flags")),
            ("rounds", f"{f.get('rounds')}, {f.get('seconds')} s for each benchmark")]
    return [f"| {name} | {value} |" for name, value in rows if value]


def header(*titles):
    return ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def machine(measured):
    lines = ["## The machine", "", "The floor: what a choice cannot be cheaper than here.", ""]
    lines += header("", "ns, median", "least - most")
    for name in results.FLOORS:
        floor = measured.floor(name)
        if floor:
            lines.append(row(name, number(floor.median), spread(floor)))
    return lines + [""]


def spread(benchmark):
    return f"{number(min(benchmark.times.values()))} - {number(max(benchmark.times.values()))}"


def weights(benchmark):
    return {0: "1", 1: "1..100", None: ""}[benchmark.arguments.get("mixed")]


def times(measured):
    lines = ["## Time", "", "Nanoseconds a choice, or what the name says. Ratios are of one round each: median, and "
             "least and most. The other is the textbook's form, or for `one_down` the same with nobody disabled.", ""]
    lines += header("benchmark", "of", "weights", "ns, median", "least - most", "x the other",
                    *("x " + name.split("/")[1] for name in results.FLOORS))
    floors = [measured.floor(name) for name in results.FLOORS]
    for b in measured.benchmarks.values():
        if b.name.startswith("machine/") or "threads" in b.arguments:
            continue
        size = b.arguments.get("members") or f"{b.arguments.get('bytes')} bytes"
        beside = measured.textbook_of(b) or measured.whole_of(b)
        lines.append(row(f"`{b.name}`", size, weights(b), number(b.median), spread(b),
                         ratio(b.over(beside) if beside else None),
                         *(number(b.over(f)[0]) if f and b.over(f) else "" for f in floors)))
    return lines + [""]


def threads(measured):
    lines = ["## Threads", "", "Nanoseconds from one choice to the next, of all threads together, a core for each.", ""]
    lines += header("benchmark", "threads", "ns, median", "least - most", "x one thread", "x fetch_add of as many")
    for b in measured.from_threads():
        one = measured.benchmarks.get(b.run_name.rpartition(":")[0] + ":1")
        floor = measured.contended(b)
        lines.append(row(f"`{b.name}`", b.arguments["threads"], number(b.median), spread(b),
                         ratio(b.over(one)) if one and one is not b else "",
                         ratio(b.over(floor)) if floor and floor is not b else ""))
    return lines + [""] if len(lines) > 6 else []


def quality(measured):
    lines = ["## Quality", ""] + [f"- {title}: {meaning}" for _, title, meaning in COUNTERS] + [""]
    lines += header("benchmark", "of", "weights", *(title for _, title, _ in COUNTERS))
    for b in measured.benchmarks.values():
        if any(name in b.counters for name, _, _ in COUNTERS):
            lines.append(row(f"`{b.name}`", b.arguments.get("members", ""), weights(b),
                             *(number(b.counters[n]) if n in b.counters else "" for n, _, _ in COUNTERS)))
    return lines + [""]


def markdown(measured):
    return "\n".join(["# Benchmarks of Poise", "", "| | |", "|---|---|"] + facts_of(measured) + [""] +
                     machine(measured) + times(measured) + threads(measured) + quality(measured))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: table.py results.json results.md")
    try:
        text = markdown(results.load(sys.argv[1]))
    except results.BadResults as error:
        sys.exit(f"benchmarks/report/table.py: {error}")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
