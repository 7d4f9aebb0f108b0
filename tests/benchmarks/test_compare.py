# SPDX-License-Identifier: MIT
import unittest

import made_up
from made_up import document

import compare

NOISY = [10, 11, 12, 13, 14]


class Compare(made_up.WithFiles):
    def compared(self, old, new, *options):
        return self.said(compare.main, [self.file("old.json", old), self.file("new.json", new), *options])

    def test_slower_is_found(self):
        code, out, _ = self.compared(document({"a": [10] * 5, "b": NOISY}), document({"a": [12] * 5, "b": NOISY}))
        self.assertEqual(code, 1)
        self.assertIn("slower:\n    1.20 x  (1.20 - 1.20)  a\n", out)
        self.assertIn("1 slower, 0 faster", out)

    def test_faster_is_no_failure(self):
        code, out, _ = self.compared(document({"a": [12] * 5}), document({"a": [10] * 5}))
        self.assertEqual(code, 0)
        self.assertIn("faster:\n    0.83 x", out)

    def test_ranges_that_overlap_are_noise(self):
        code, out, _ = self.compared(document({"a": NOISY}), document({"a": [13, 15, 16, 17, 18]}))
        self.assertEqual(code, 0)
        self.assertIn("0 slower, 0 faster", out)

    def test_what_is_below_the_threshold_is_noise(self):
        old, new = document({"a": [10] * 5}), document({"a": [10.9] * 5})
        self.assertEqual(self.compared(old, new)[0], 0)
        self.assertEqual(self.compared(old, new, "--threshold", "0.05")[0], 1)

    def test_a_slow_machine_is_no_slow_benchmark(self):
        slow = {"machine/load_chain": [1.5] * 5}
        code, out, _ = self.compared(document({"a": [10] * 5}), document({"a": [15] * 5}, slow))
        self.assertEqual(code, 0)
        self.assertIn("floor took 1.50 x", out)
        self.assertEqual(self.compared(document({"a": [10] * 5}), document({"a": [10] * 5}, slow))[0], 0)

    def test_of_many_benchmarks_one_parted_by_chance_is_noise(self):
        many = {f"b{i}": [10] * 5 for i in range(20)}
        old, new = [9, 10, 10, 10, 12.5], [13, 13, 14, 14, 14]  # parted, but by less than the threshold
        self.assertEqual(self.compared(document({"a": old}), document({"a": new}))[0], 1)
        self.assertEqual(self.compared(document({"a": old, **many}), document({"a": new, **many}))[0], 0)
        self.assertEqual(self.compared(document({"a": old, **many}), document({"a": [15] * 5, **many}))[0], 1)

    def test_what_only_one_has_is_named(self):
        code, out, _ = self.compared(document({"a": [1] * 5, "gone": [1] * 5}),
                                     document({"a": [1] * 5, "new": [1] * 5}))
        self.assertEqual(code, 0)
        self.assertRegex(out, r"only in .*old\.json:\n  gone\nonly in .*new\.json:\n  new\n")


class Refused(made_up.WithFiles):
    def refused(self, old, new, told):
        code, out, errors = self.said(compare.main, [old, new])
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(errors, told)

    def test_bad_files(self):
        good = self.file("good.json", document({"a": [1] * 5}))
        self.refused(good, self.directory + "/none.json", "none.json: No such file")
        self.refused(good, self.file("text.json", "no"), "text.json: no JSON")
        self.refused(good, self.file("list.json", []), "list.json: expected Google Benchmark's JSON")
        self.refused(good, self.file("other.json", document({"b": [1] * 5})), "no benchmark in common")
        self.refused(good, self.file("floor.json", document({"a": [1] * 5}, {})),
                     "floor.json: has no machine/load_chain")
        self.refused(good, self.file("few.json", document({"a": [1, 1]})), "few.json: a has 2 rounds")

    def test_bad_options(self):
        for arguments in ([], ["a", "b", "c"], ["a", "--threshold", "much"], ["a", "--threshold", "-1"]):
            self.assertEqual(self.said(compare.main, arguments)[0], 2)
        self.assertIn("'much': expected a number", self.said(compare.main, ["a", "--threshold", "much"])[2])


unittest.main()
