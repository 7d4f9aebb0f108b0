# SPDX-License-Identifier: MIT
"""What run.sh refuses before it installs or builds anything, and what measure.py chooses and tells."""
import io
import os
import subprocess
import sys
import unittest
from unittest import mock

from made_up import ROOT

import measure


def run(*arguments):
    return subprocess.run(["bash", os.path.join(ROOT, "benchmarks", "run.sh"), *arguments], capture_output=True,
                          text=True)


class Script(unittest.TestCase):
    def test_a_wrong_argument_is_named(self):
        for arguments, told in ((["quik"], "'quik': expected quick, full,"),
                                (["--filter"], "--filter: expected a regular"),
                                (["--filter", "--draw"], "--filter: expected a regular"),
                                (["--filter", "("], "--filter (: expected a regular"),
                                (["quick", "full"], "'full' after 'quick'"), (["--Docs"], "'--Docs': expected"),
                                (["--docs", "--filter", "a"], "--docs: expected without --filter")):
            ended = run(*arguments)
            self.assertEqual(ended.returncode, 2, arguments)
            self.assertIn("benchmarks/run.sh: " + told, ended.stderr)

    def test_help(self):
        self.assertIn("benchmarks/run.sh [quick|full]", run("--help").stdout)


class Measure(unittest.TestCase):
    def test_the_filter_finds_names_as_they_are(self):
        self.assertEqual(measure.regular(["a<b>/members:8", "c.d(e)"]), r"^(a<b>/members:8|c\.d\(e\))$")

    def test_the_floor_is_always_measured(self):
        listed = subprocess.CompletedProcess([], 0, "machine/load_chain\na/members:8\nb/members:8\n")
        with mock.patch("subprocess.run", return_value=listed):
            self.assertEqual(measure.names("program", "^b", ""), ["machine/load_chain", "b/members:8"])
            self.assertEqual(measure.names("program", "", "members:8"), ["machine/load_chain"])

    def test_without_a_terminal_progress_is_a_line_for_each_tenth(self):
        out = io.StringIO()
        with mock.patch.object(sys, "stdout", out):
            progress = measure.Progress(200)
            for i in range(200):
                progress.step("round 1 of 1", f"b{i}")
        self.assertEqual(len(out.getvalue().splitlines()), 10)
        self.assertTrue(out.getvalue().startswith("[ 10 %] round 1 of 1, about "))


unittest.main()
