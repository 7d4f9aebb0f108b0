#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says which benchmarks became slower between two files of benchmarks/run.sh, and which faster, as ratios new / old.

Each time is first divided by the median of machine/load_chain in its own file, so that a phase in which the whole
machine is slow is none of a benchmark. A benchmark is slower when both hold:
  - the median of its rounds has grown by more than a threshold, 10 % unless said otherwise, and
  - its fastest new round is slower than its slowest old one: the ranges do not overlap.
Faster is the same the other way round. Of n rounds each, chance alone parts the ranges of one benchmark in
(2n choose n): of 252 for 5 rounds, of 48,620 for 9. Where so many benchmarks are compared that one would be parted by
chance more often than once in 20 times, the ranges must be apart by the threshold, too. What is reported once, and not
when run.sh --filter has measured it again, was noise. Files of two machines compare no better than their floors do.

Ends with 0 when nothing is slower, 1 when something is, 2 when a file cannot be compared."""
import argparse
import math
import os
import sys

import results

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NEWEST = os.path.join(ROOT, "build", "benchmarks", "results.json")
LEAST_ROUNDS = 3
RARE = 1 / 20


class Change:
    def __init__(self, run_name, old, new):
        self.run_name = run_name
        self.old, self.new = sorted(old), sorted(new)
        self.ratio = middle(self.new) / middle(self.old)
        self.by_chance = 1 / math.comb(len(old) + len(new), len(old))

    def is_slower(self, threshold, apart):
        return self.ratio > 1 + threshold and self.new[0] > self.old[-1] * (1 + apart)

    def is_faster(self, threshold, apart):
        return self.ratio < 1 / (1 + threshold) and self.new[-1] * (1 + apart) < self.old[0]

    def __str__(self):
        at_least, at_most = self.new[0] / self.old[-1], self.new[-1] / self.old[0]
        return f"{self.ratio:6.2f} x  ({at_least:.2f} - {at_most:.2f})  {self.run_name}"


def middle(ordered):
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def in_floors(measured, where):
    """The times of each benchmark in parts of the file's floor, without the machine's own."""
    floor = measured.floor()
    if floor is None:
        raise results.BadResults(f"{where}: has no {results.FLOORS[0]}, by which times of two runs compare")
    unit = floor.median
    parts = {name: [time / unit for time in b.times.values()] for name, b in measured.benchmarks.items()
             if not name.startswith("machine/")}
    for name, times in parts.items():
        if len(times) < LEAST_ROUNDS:
            raise results.BadResults(f"{where}: {name} has {len(times)} rounds; the least that show noise are "
                                     f"{LEAST_ROUNDS}")
    return parts


def changes(old, new, old_name="old", new_name="new"):
    """Of two Results: the changes, and the names that only one has."""
    before, now = in_floors(old, old_name), in_floors(new, new_name)
    both = [name for name in before if name in now]
    if not both:
        raise results.BadResults(f"{old_name} and {new_name} have no benchmark in common")
    found = [Change(name, before[name], now[name]) for name in both]
    return found, [n for n in before if n not in now], [n for n in now if n not in before]


def told(title, some):
    if some:
        print(f"{title}:")
        for line in some:
            print(f"  {line}")


def fraction(text):
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"'{text}': expected a number from 0 to 10, such as 0.1 for 10 %")
    return value


def main(arguments):
    parser = argparse.ArgumentParser(prog="benchmarks/compare.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD.json")
    parser.add_argument("new", metavar="NEW.json", nargs="?", default=NEWEST, help="build/benchmarks/results.json of this checkout unless it is said")
    parser.add_argument("--threshold", type=fraction, default=0.1, metavar="PART",
                        help="by how much a median must differ, in parts of it (%(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        old, new = results.load(chosen.old), results.load(chosen.new)
        found, gone, added = changes(old, new, chosen.old, chosen.new)
    except results.BadResults as error:
        print(f"benchmarks/compare.sh: {error}", file=sys.stderr)
        return 2
    apart = chosen.threshold if sum(c.by_chance for c in found) > RARE else 0
    slower = [c for c in found if c.is_slower(chosen.threshold, apart)]
    faster = [c for c in found if c.is_faster(chosen.threshold, apart)]
    for title, some in (("slower", sorted(slower, key=lambda c: -c.ratio)),
                        ("faster", sorted(faster, key=lambda c: c.ratio)),
                        ("only in " + chosen.old, gone), ("only in " + chosen.new, added)):
        told(title, some)
    floors = new.floor().median / old.floor().median
    print(f"{len(found)} benchmarks in both: {len(slower)} slower, {len(faster)} faster beyond noise and "
          f"{chosen.threshold:.0%}; the machine's floor took {floors:.2f} x the old")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
