# SPDX-License-Identifier: MIT
"""Needs matplotlib. That figures are well to look at, no test says."""
import os
import unittest
import xml.etree.ElementTree

import made_up
from made_up import measured, rows

import figures
import style

SIZES = (8, 64)


def some():
    made = {}
    for mixed in (0, 1):
        for n in SIZES:
            at = f"members:{n}/mixed:{mixed}"
            for name, label, counters in (("turning", "by turns", {"deviation": 1.5}),
                                          ("hashing", "by key", {"peak": 1.2, "moved": 0.0}),
                                          ("of_a_user", "of their own", {})):
                made[name + at] = rows(f"{name}/{at}", [2.0, 3, 4], label, **counters)
                made[name + at + "t"] = rows(f"{name}/textbook/{at}", [n, n, n])
    for count in (1, 2):
        made[f"t{count}"] = rows(f"threads/shared/members:64/mixed:1/real_time/threads:{count}", [4 / count] * 3)
    return made


class Figures(made_up.WithFiles):
    def drawn(self, made, wanted=""):
        """The text of each SVG."""
        result = {}
        for name, figure in figures.all_figures(measured(made)):
            if figure is not None and wanted in name:
                style.save(figure, self.directory, name)
                with open(f"{self.directory}/{name}.svg", encoding="utf-8") as file:
                    result[name] = file.read()
        return result

    def test_each_has_what_was_measured(self):
        drawn = self.drawn(some())
        texts = {name: [e.text for e in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
                 for name, svg in drawn.items()}
        for name, of_name in (("select", ("turning", "hashing", "of_a_user", "of their own, weights 1")),
                              ("textbook", ("turning", "hashing", "of_a_user")), ("threads", ("shared",)),
                              ("imbalance", ("hashing",)), ("moved", ("hashing",)), ("smoothness", ("turning",))):
            for text in of_name:
                self.assertIn(text, texts[name])
            self.assertGreater(os.path.getsize(f"{self.directory}/{name}.png"), 1000)
        self.assertNotIn("hashing", texts["smoothness"])

    def test_the_same_results_make_the_same_file(self):
        self.assertEqual(self.drawn(some(), "moved"), self.drawn(some(), "moved"))

    def test_what_was_not_measured_has_no_figure(self):
        self.assertEqual(self.drawn({"a": [1.0] * 3}), {})


class Labels(unittest.TestCase):
    def test_they_are_apart_and_near(self):
        placed = style.apart([0.5, 0.5, 0.51, 0.9], 0.05)
        self.assertTrue(all(b - a >= 0.05 - 1e-9 for a, b in zip(placed, placed[1:])))
        self.assertAlmostEqual(placed[-1], 0.9, delta=0.05)
        self.assertLessEqual(style.apart([0.99, 1.0], 0.05)[-1], 1)

    def test_no_two_styles_are_the_same(self):
        self.assertEqual(len({str(style.style(i)) for i in range(100)}), 100)


unittest.main()
