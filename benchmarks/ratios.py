#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints how long each selector takes in parts of the textbook loop beside it, both measured in one run, below what the
machine itself takes.

usage: ratios.py PROGRAM [REPETITIONS [FILTER]]

median of the ratios of so many repetitions (7), with the lowest and highest; of the benchmarks whose names the regular
expression FILTER finds
"""
import collections
import json
import statistics
import subprocess
import sys


def main():
    program, repetitions = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "7"
    wanted = f"^machine/|{sys.argv[3]}" if len(sys.argv) > 3 else "."
    # Interleaved, so that a pair is measured under about the same load of the machine.
    run = subprocess.run(
        [program, f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
         "--benchmark_min_time=0.05", "--benchmark_format=json", f"--benchmark_filter={wanted}"],
        check=True, capture_output=True, text=True)
    times = collections.defaultdict(dict)
    for row in json.loads(run.stdout)["benchmarks"]:
        if row["run_type"] == "iteration":
            times[row["run_name"]][row["repetition_index"]] = row["cpu_time"]
    for name in ("machine/load_chain", "machine/fetch_add"):
        print(f"{name}: {statistics.median(times[name].values()):.2f} ns")
    print("\n| selector | members | weights | x textbook | spread |\n|---|---|---|---|---|")
    def order(name):
        return [int(part) if part.isdigit() else part for part in name.replace(":", "/").split("/")]

    for name in sorted(times, key=order):
        ours = times[name]
        selector, _, arguments = name.partition("/")
        textbook = times.get(f"{selector}/textbook/{arguments}")
        if textbook is None:
            continue
        ratios = [ours[i] / textbook[i] for i in ours]
        members, mixed = (part.split(":")[1] for part in arguments.split("/"))
        weights = "1..100" if mixed == "1" else "1"
        print(f"| {selector} | {members} | {weights} | {statistics.median(ratios):.2f} "
              f"| {min(ratios):.2f} - {max(ratios):.2f} |")


main()
