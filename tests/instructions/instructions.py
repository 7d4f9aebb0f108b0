#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions of each hot function of hot_choices.cpp under callgrind and compares them with recorded.txt.

Fails when one has grown by more than 20 % and more than one instruction a choice, and when recorded.txt and the program
do not name the same functions. Unlike a time, a count does not depend on the machine's load.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.txt")
HEADER = """\
# Instructions per choice of hot_choices.cpp under callgrind: g++ 12, x86-64, -O2, portable path. Made by
# python3 tests/instructions/instructions.py build/dev/tests/instructions/poise-hot-choices --record
"""
GROWTH = 0.2
# glibc would choose its memchr by the processor.
TUNABLES = "glibc.cpu.hwcaps=-AVX2"
# With debug information there are more rows, without the object: each for what was inlined of one file.
HOT = re.compile(r"\s*([\d,]+) \([\d. ]+%\)\s.*?:(hot_\w+) \[")


def counted(program):
    """Instructions per choice by name."""
    with tempfile.TemporaryDirectory() as directory:
        profile = os.path.join(directory, "callgrind.out")
        run = output_of(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program],
                        {**os.environ, "GLIBC_TUNABLES": TUNABLES})
        table = output_of(["callgrind_annotate", "--inclusive=yes", "--threshold=100", profile], os.environ)
    choices = int(run)
    matches = filter(None, map(HOT.match, table.splitlines()))
    return {match[2]: int(match[1].replace(",", "")) / choices for match in matches}


def output_of(command, environment):
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if run.returncode:
        sys.exit(f"{command[0]} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return run.stdout


def recorded():
    with open(RECORDED, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {name: float(count) for name, count in rows}


def record(counts):
    with open(RECORDED, "w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(f"{name} {count:.2f}\n" for name, count in sorted(counts.items()))


def compare(before, now):
    """Prints what differs; how many of these are failures."""
    failures = [f"{name}: recorded, but not in the program" for name in sorted(before.keys() - now.keys())]
    failures += [f"{name}: not recorded" for name in sorted(now.keys() - before.keys())]
    for name in sorted(before.keys() & now.keys()):
        grown = now[name] - before[name]
        what = f"{name}: recorded {before[name]:.2f}, counted {now[name]:.2f} instructions a choice"
        if grown > max(GROWTH * before[name], 1):
            failures.append(what)
        elif grown < -GROWTH * before[name]:
            print(f"less: {what}; record anew, so that it stays so")
    for failure in failures:
        print(f"FAILED: {failure}")
    return len(failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM", help="build/dev/tests/instructions/poise-hot-choices")
    parser.add_argument("--record", action="store_true", help="write recorded.txt instead of comparing")
    arguments = parser.parse_args()
    now = counted(arguments.program)
    if not now:
        sys.exit("callgrind saw no function hot_...")
    if arguments.record:
        record(now)
        print(f"{len(now)} functions recorded")
        return
    failures = compare(recorded(), now)
    print(f"{len(now)} functions counted, {failures} failures")
    if failures:
        sys.exit(1)


main()
