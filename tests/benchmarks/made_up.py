# SPDX-License-Identifier: MIT
"""Measurements made up, in the form of results.json."""
import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "benchmarks", "report"))
import results  # noqa: E402  from there

FACTS = {"mode": "quick", "rounds": 5, "seconds": 0.01, "command": "bash benchmarks/run.sh quick", "commit": "0123abc",
         "date": "2000-01-02", "cpu": "A CPU", "cores": "2 cores", "compiler": "g++ 12", "flags": "-O2"}
FLOOR = {"machine/load_chain": [1.0] * 5, "machine/fetch_add": [2.0] * 5}


def rows(run_name, times, label="", **counters):
    """A row for each round."""
    made = []
    for i, time in enumerate(times):
        made.append({"name": run_name, "run_name": run_name, "run_type": "iteration", "repetition_index": i,
                     "repetitions": len(times), "threads": 1, "iterations": 1, "real_time": time, "cpu_time": time,
                     "time_unit": "ns", **({"label": label} if label else {}), **counters})
    return made


def document(times, floor=None):
    """`times` by run_name: lists, or rows that are made already."""
    made = []
    for run_name, some in {**(FLOOR if floor is None else floor), **times}.items():
        made += some if some and isinstance(some[0], dict) else rows(run_name, some)
    return {"context": {"poise": FACTS}, "benchmarks": made}


def measured(times, floor=None):
    return results.from_json(document(times, floor), "made up")


class WithFiles(unittest.TestCase):
    """A directory of its own, and what a program says."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    @staticmethod
    def said(function, *arguments):
        """What the function returns or exits with, and what it writes."""
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            try:
                code = function(*arguments)
            except SystemExit as end:
                code = end.code
        return code, out.getvalue(), errors.getvalue()
