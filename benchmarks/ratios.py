#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints how long each selector takes in parts of the textbook form beside it, and with one member disabled in parts of
itself without, each pair measured in one run; above that, what the machine itself takes."""
import argparse
import collections
import json
import statistics
import subprocess


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the benchmarks: poise-bench")
    parser.add_argument("repetitions", nargs="?", type=int, default=7,
                        help="of each; what is shown is the median of the ratios of so many (%(default)s)")
    parser.add_argument("filter", nargs="?", default="",
                        help="the benchmarks whose names this regular expression finds (all)")
    return parser.parse_args()


def measured(program, repetitions, wanted):
    """Nanoseconds by benchmark and repetition, interleaved, so that a pair is measured under about the same load of the
    machine."""
    run = subprocess.run(
        [program, f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
         "--benchmark_min_time=0.05", "--benchmark_format=json",
         "--benchmark_filter=" + (f"^machine/|{wanted}" if wanted else ".")],
        check=True, stdout=subprocess.PIPE, text=True)
    times = collections.defaultdict(dict)
    for row in json.loads(run.stdout)["benchmarks"]:
        if row["run_type"] == "iteration":
            times[row["run_name"]][row["repetition_index"]] = row["cpu_time"]
    return times


def beside(name):
    """The name of the benchmark that this one is compared with."""
    selector, _, arguments = name.partition("/")
    if arguments.startswith("one_down/"):
        return f"{selector}/{arguments.removeprefix('one_down/')}"
    return f"{selector}/textbook/{arguments}"


def order(name):
    return [int(part) if part.isdigit() else part for part in name.replace(":", "/").split("/")]


def main():
    chosen = options()
    times = measured(chosen.program, chosen.repetitions, chosen.filter)
    for name in ("machine/load_chain", "machine/fetch_add"):
        print(f"{name}: {statistics.median(times[name].values()):.2f} ns")
    print("\n| selector | members | weights | x the other | spread |\n|---|---|---|---|---|")
    for name in sorted(times, key=order):
        ours, other = times[name], times.get(beside(name))
        if other is None:
            continue
        ratios = [ours[i] / other[i] for i in ours]
        *what, members, mixed = name.split("/")
        print(f"| {'/'.join(what)} | {members.split(':')[1]} | {'1..100' if mixed.endswith('1') else '1'} "
              f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} - {max(ratios):.2f} |")


main()
