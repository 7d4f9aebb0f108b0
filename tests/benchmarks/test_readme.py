# SPDX-License-Identifier: MIT
import os
import unittest

import made_up
from made_up import document, measured, rows

import readme

PAIRS = {"a": rows("a/members:8/mixed:1", [5] * 5, "by key"), "b": rows("a/textbook/members:8/mixed:1", [10] * 5),
         "t": rows("threads/x/members:64/mixed:1/real_time/threads:2", [9] * 5),
         "f": rows("machine/fetch_add/contended/real_time/threads:2", [6] * 5),
         "c": rows("build/members:64/mixed:0", [1] * 5), "d": rows("build/textbook/members:64/mixed:0", [4] * 5)}


class Readme(made_up.WithFiles):
    def test_only_what_is_between_the_markers_changes(self):
        text = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
        self.assertEqual(readme.replaced(text, "new"), "before\nnew\nafter\n")

    def test_the_caption_says_what_made_the_figures(self):
        text = readme.section(measured(PAIRS), "docs/figures")
        for part in ("](docs/figures/select.svg)", "`bash benchmarks/run.sh quick`", "0123abc", "A CPU, 2 cores",
                     "g++ 12", "| `a` | 0.50 |  |", "| `build` |  | 0.25 |", "| `x` | 1.50 |"):
            self.assertIn(part, text)
        self.assertEqual((text.count(readme.BEGIN), text.count(readme.END)), (1, 1))

    def test_a_readme_without_markers_is_refused(self):
        for text in ("", readme.BEGIN, readme.END + readme.BEGIN, readme.BEGIN * 2 + readme.END):
            with self.assertRaisesRegex(made_up.results.BadResults, "expected <!-- figures:"):
                readme.replaced(text, "new")

    def test_files_are_written(self):
        for name, _ in readme.SHOWN:
            self.file(name + ".svg", f"<svg>{name}</svg>")
        page, docs = self.file("README.md", readme.BEGIN + readme.END), os.path.join(self.directory, "docs")
        readme.main([self.file("results.json", document(PAIRS)), self.directory, page, docs])
        self.assertEqual(sorted(os.listdir(docs)), sorted(name + ".svg" for name, _ in readme.SHOWN))
        with open(page, encoding="utf-8") as file:
            self.assertIn("0123abc", file.read())

    def test_what_does_not_show_all_changes_nothing(self):
        self.file(readme.SHOWN[0][0] + ".svg", "<svg/>")
        page = self.file("README.md", readme.BEGIN + readme.END)
        docs = os.path.join(self.directory, "docs")
        code, _, _ = self.said(readme.main, [self.file("results.json", document(PAIRS)), self.directory, page, docs])
        self.assertIn(f"expected the figure {readme.SHOWN[1][0]}.svg", code)
        self.file(readme.SHOWN[1][0] + ".svg", "<svg/>")
        filtered = document(PAIRS)
        filtered["context"]["poise"] = {"command": "bash benchmarks/run.sh --filter x"}
        code, _, _ = self.said(readme.main, [self.file("results.json", filtered), self.directory, page, docs])
        self.assertIn("expected measurements of all benchmarks", code)
        self.assertFalse(os.path.exists(docs))


unittest.main()
