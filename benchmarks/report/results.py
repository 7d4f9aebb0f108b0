# SPDX-License-Identifier: MIT
"""What results.json holds.

The file has Google Benchmark's own form, as each round of the program wrote it: `context`, and `benchmarks` with a row
for each benchmark and round, whose `repetition_index` is the round. `context.poise` says what was measured where: see
measure.py. So tools that read Google Benchmark's JSON read it, too.
"""
import json
import math
import re
import statistics

FLOORS = ("machine/load_chain", "machine/fetch_add")
CONTENDED = "machine/fetch_add/contended"
TEXTBOOK = "/textbook"
ONE_DOWN = "/one_down"
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
ARGUMENT = re.compile(r"([a-z_]+):(\d+)")
# what Google Benchmark has in each row; all else are counters
OF_EACH_ROW = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
               "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label"}


class BadResults(Exception):
    """Says in one line what is wrong with a file."""


class Benchmark:
    """One name with one set of arguments, in all rounds."""

    def __init__(self, run_name):
        self.run_name = run_name
        self.arguments, names = {}, []
        for part in run_name.split("/"):
            match = ARGUMENT.fullmatch(part)
            if match:
                self.arguments[match[1]] = int(match[2])
            elif part != "real_time":
                names.append(part)
        self.name = "/".join(names)
        self.is_wall_time = "/real_time" in run_name
        self.label = ""
        self.times = {}     # nanoseconds by round
        self.counters = {}  # the first round's, or lists by round for what is a rate

    def add(self, row):
        unit, kind = row["time_unit"], "real_time" if self.is_wall_time else "cpu_time"
        if unit not in UNITS:
            raise BadResults(f"{self.run_name}: time_unit '{unit}': expected one of {', '.join(UNITS)}")
        time = row[kind] * UNITS[unit]
        if not 0 < time < math.inf:
            raise BadResults(f"{self.run_name}: {kind} {row[kind]}: expected a number above 0")
        self.times[row.get("repetition_index", len(self.times))] = time
        self.label = row.get("label", self.label)
        for name in row.keys() - OF_EACH_ROW:
            if name.endswith("_per_second"):
                self.counters.setdefault(name, []).append(row[name])
            else:
                self.counters.setdefault(name, row[name])

    @property
    def median(self):
        return statistics.median(self.times.values())

    def over(self, other):
        """Ratios to another benchmark, each of one round: median, least, most; None where no round has both."""
        ratios = [time / other.times[i] for i, time in self.times.items() if i in other.times]
        return (statistics.median(ratios), min(ratios), max(ratios)) if ratios else None


class Results:
    def __init__(self, context, benchmarks):
        self.context = context
        self.facts = context.get("poise", {})
        self.benchmarks = benchmarks  # by run_name, in the order of names and numbers

    def floor(self, name=FLOORS[0]):
        return self.benchmarks.get(name)

    def textbook_of(self, benchmark):
        return self._beside(benchmark, TEXTBOOK)

    def whole_of(self, benchmark):
        """The same selector with nobody disabled."""
        if not benchmark.name.endswith(ONE_DOWN):
            return None
        return self.benchmarks.get(benchmark.run_name.replace(ONE_DOWN + "/", "/", 1))

    def _beside(self, benchmark, suffix):
        return self.benchmarks.get(benchmark.run_name.replace(benchmark.name, benchmark.name + suffix, 1))

    def having(self, counter):
        return [b for b in self.benchmarks.values() if counter in b.counters]

    def families(self):
        """Benchmarks of selectors by the label that says what kind they are, without those from threads."""
        result = {}
        for b in self.benchmarks.values():
            if b.label and "members" in b.arguments and "threads" not in b.arguments:
                result.setdefault(b.label, []).append(b)
        return result

    def contended(self, benchmark):
        """The floor of as many threads: all add to one number."""
        return self.benchmarks.get(f"{CONTENDED}/real_time/threads:{benchmark.arguments['threads']}")

    def from_threads(self):
        return [b for b in self.benchmarks.values() if "threads" in b.arguments]


def in_order(run_name):
    """Numbers by size, and a textbook behind its selector."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"[/:]", run_name)]


def from_json(document, where):
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise BadResults(f"{where}: expected Google Benchmark's JSON, an object with \"benchmarks\", as "
                         "benchmarks/run.sh writes it")
    benchmarks = {}
    for row in document["benchmarks"]:
        try:
            if row.get("run_type", "iteration") != "iteration" or row.get("error_occurred"):
                continue
            benchmarks.setdefault(row["run_name"], Benchmark(row["run_name"])).add(row)
        except KeyError as missing:
            raise BadResults(f"{where}: a row of \"benchmarks\" has no {missing}") from None
        except BadResults as error:
            raise BadResults(f"{where}: {error}") from None
        except (AttributeError, TypeError):
            raise BadResults(f"{where}: expected a row of \"benchmarks\" as Google Benchmark writes it: "
                             f"{json.dumps(row)[:200]}") from None
    if not benchmarks:
        raise BadResults(f"{where}: \"benchmarks\" has no measurement")
    ordered = {name: benchmarks[name] for name in sorted(benchmarks, key=in_order)}
    context = document.get("context", {})
    if not isinstance(context, dict) or not isinstance(context.get("poise", {}), dict):
        raise BadResults(f"{where}: \"context\": expected an object, as benchmarks/run.sh writes it")
    return Results(context, ordered)


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return from_json(json.load(file), path)
    except OSError as error:
        raise BadResults(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BadResults(f"{path}: no JSON: {error}") from None
