#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs poise-bench in rounds, each a process of its own with every benchmark once, in an order of its own, and writes
results.json. So a pair of one round was measured under about the same load of the machine, and the rounds differ by all
by which two runs differ: the load and where things lie in memory.

`context.poise` of the file says what was measured where: mode, rounds, seconds (of each benchmark and round), command,
commit, date, cpu, cores, compiler, flags."""
import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time

# quick leaves out what takes longest to make: rings of 33 million points
MODES = {"quick": {"rounds": 5, "seconds": 0.01, "without": "members:4096/mixed:1|threads:([4-9]|..)"},
         "full": {"rounds": 9, "seconds": 0.02, "without": ""}}


class Progress:
    """One line that stays where it is, on a terminal; else a line for each tenth."""

    def __init__(self, total):
        self.total, self.done, self.tenth, self.began = total, 0, 0, time.monotonic()
        self.is_live = sys.stdout.isatty()

    def step(self, round_text, name):
        self.done += 1
        spent = time.monotonic() - self.began
        left = spent / self.done * (self.total - self.done)
        text = f"[{100 * self.done // self.total:3d} %] {round_text}, about {left:.0f} s left"
        if self.is_live:
            print(f"\r{text}: {name}"[:self.columns()] + "\x1b[K", end="", flush=True)
        elif 10 * self.done // self.total > self.tenth:
            self.tenth = 10 * self.done // self.total
            print(text, flush=True)

    @staticmethod
    def columns():
        try:
            return os.get_terminal_size().columns or 80
        except OSError:
            return 80

    def end(self):
        if self.is_live:
            print()
        print(f"measured in {time.monotonic() - self.began:.0f} s")


def names(program, wanted, without):
    """The benchmarks that are meant."""
    listed = subprocess.run([program, "--benchmark_list_tests"], check=True, stdout=subprocess.PIPE, text=True)
    return [name for name in listed.stdout.split("\n")
            if name and (name.startswith("machine/") or re.search(wanted, name))
            and not (without and re.search(without, name))]


def regular(chosen):
    """A filter for exactly these; a run of several hundred names is a few ten kilobytes."""
    return "^(" + "|".join(re.sub(r"([][(){}.*+?^$|\\])", r"\\\1", name) for name in chosen) + ")$"


def one_round(program, chosen, seconds, number, told):
    """The JSON of one process; `told` is called with the name of each benchmark that is done."""
    environment = dict(os.environ)
    if number > 0:
        environment["POISE_BENCH_TIMES_ONLY"] = "1"
    with tempfile.TemporaryDirectory() as directory:
        written = os.path.join(directory, "round.json")
        command = [program, f"--benchmark_filter={regular(chosen)}", f"--benchmark_min_time={seconds}",
                   "--benchmark_enable_random_interleaving=true", f"--benchmark_out={written}",
                   "--benchmark_out_format=json", "--benchmark_color=false"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as child:
            expected = set(chosen)
            for line in child.stdout:
                name = line.split(" ", 1)[0]
                if name in expected:
                    told(name)
            said = child.stderr.read()
        if child.returncode:
            sys.exit(f"{program} ended with {child.returncode} in round {number + 1}:\n{said}")
        with open(written, encoding="utf-8") as file:
            return json.load(file)


def first_line(command):
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        return run.stdout.splitlines()[0].strip() if run.stdout.strip() else ""
    except (OSError, subprocess.CalledProcessError):
        return ""


def of_cpuinfo(name):
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith(name):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


def cores():
    """How many, and whether a hypervisor may give them to others, too."""
    count = f"{len(os.sched_getaffinity(0))} cores"
    return f"{count} of a virtual machine, shared" if "hypervisor" in of_cpuinfo("flags").split() else count


def cached(build):
    """CMake's variables of a build directory."""
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        return dict(re.findall(r"^([\w-]+):\w+=(.*)$", file.read(), re.MULTILINE))


def facts(arguments, mode):
    cache = cached(arguments.build)
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    flags = f"{cache.get(f'CMAKE_CXX_FLAGS_{kind.upper()}', '')} {cache.get('CMAKE_CXX_FLAGS', '')}".split()
    commit = first_line(["git", "rev-parse", "--short=12", "HEAD"]) or "unknown"
    if first_line(["git", "status", "--porcelain", "--untracked-files=no"]):
        commit += " with changes"
    return {"mode": arguments.mode, "rounds": mode["rounds"], "seconds": mode["seconds"], "command": arguments.command,
            "commit": commit, "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
            "cpu": of_cpuinfo("model name") or platform.machine(), "cores": cores(),
            "compiler": first_line([cache["CMAKE_CXX_COMPILER"], "--version"]),
            "flags": " ".join(flag for flag in flags if not flag.startswith("-W"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("build", help="the build directory that has benchmarks/poise-bench")
    parser.add_argument("out", help="the JSON to write")
    parser.add_argument("--filter", default="", metavar="REGEX", help="of the benchmarks, those whose names it finds")
    parser.add_argument("--command", default="", help="what the user typed")
    arguments = parser.parse_args()
    try:
        re.compile(arguments.filter)
    except re.error as error:
        parser.error(f"--filter {arguments.filter}: expected a regular expression: {error}")
    program = os.path.join(arguments.build, "benchmarks", "poise-bench")
    mode = MODES[arguments.mode]
    chosen = names(program, arguments.filter, mode["without"])
    if all(name.startswith("machine/") for name in chosen):
        parser.error(f"--filter {arguments.filter}: no benchmark has such a name in mode {arguments.mode}")
    measured_where = facts(arguments, mode)  # before it takes long: files may change meanwhile
    progress = Progress(len(chosen) * mode["rounds"])
    whole = None
    for number in range(mode["rounds"]):
        text = f"round {number + 1} of {mode['rounds']}"
        part = one_round(program, chosen, mode["seconds"], number, lambda name, text=text: progress.step(text, name))
        for row in part["benchmarks"]:
            row["repetition_index"], row["repetitions"] = number, mode["rounds"]
        if whole is None:
            whole = part
        else:
            whole["benchmarks"] += part["benchmarks"]
    progress.end()
    whole["context"].pop("host_name", None)
    whole["context"].pop("executable", None)
    whole["context"]["poise"] = measured_where
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump(whole, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nstopped; nothing was written")
