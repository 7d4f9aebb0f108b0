# SPDX-License-Identifier: MIT
import unittest

from made_up import measured, results, rows


class Names(unittest.TestCase):
    def test_arguments_are_no_part_of_the_name(self):
        b = results.Benchmark("threads/a/mutex/members:64/mixed:1/real_time/threads:2")
        self.assertEqual(b.name, "threads/a/mutex")
        self.assertEqual(b.arguments, {"members": 64, "mixed": 1, "threads": 2})
        self.assertTrue(b.is_wall_time)

    def test_textbook_and_whole_are_found_by_name(self):
        m = measured({"a/members:8/mixed:0": [3] * 3, "a/textbook/members:8/mixed:0": [6] * 3,
                      "a/one_down/members:8/mixed:0": [9] * 3})
        a, down = m.benchmarks["a/members:8/mixed:0"], m.benchmarks["a/one_down/members:8/mixed:0"]
        self.assertEqual(m.textbook_of(a).median, 6)
        self.assertIsNone(m.textbook_of(down))
        self.assertIs(m.whole_of(down), a)

    def test_sizes_are_in_the_order_of_numbers(self):
        names = [f"a/members:{n}/mixed:0" for n in (64, 512, 8)]
        self.assertEqual(sorted(names, key=results.in_order), [names[2], names[0], names[1]])


class Values(unittest.TestCase):
    def test_a_ratio_is_of_one_round(self):
        m = measured({"a": [1, 20, 3], "b": [2, 10, 3]})
        self.assertEqual(m.benchmarks["a"].over(m.benchmarks["b"]), (1, 0.5, 2))

    def test_units_are_one(self):
        slow = rows("a", [2, 2, 2])
        for row in slow:
            row["time_unit"] = "ms"
        self.assertEqual(measured({"a": slow}).benchmarks["a"].median, 2e6)

    def test_families_are_labels(self):
        m = measured({"a": rows("a/members:8/mixed:0", [1] * 3, "by turns", deviation=0.5),
                      "b": rows("mine/members:8/mixed:0", [1] * 3, "of my own")})
        self.assertEqual({kind: [b.name for b in bs] for kind, bs in m.families().items()},
                         {"by turns": ["a"], "of my own": ["mine"]})
        self.assertEqual([b.name for b in m.having("deviation")], ["a"])


def row(**but):
    return {"run_name": "a/b", "run_type": "iteration", "cpu_time": 2.0, "time_unit": "ns", **but}


class Bad(unittest.TestCase):
    def test_says_what_is_missing(self):
        for bad, told in (([], "expected Google Benchmark's JSON"), ({}, "expected Google Benchmark's JSON"),
                          ({"benchmarks": []}, "has no measurement"),
                          ({"benchmarks": [{"run_type": "iteration"}]}, "has no 'run_name'"),
                          ({"benchmarks": [1]}, 'expected a row of "benchmarks" as Google Benchmark writes it: 1'),
                          ({"benchmarks": [row()], "context": None}, '"context": expected an object'),
                          ({"benchmarks": [row(cpu_time="1")]}, "a.json: expected a row .*: .*\"cpu_time\": \"1\""),
                          ({"benchmarks": [row(cpu_time=0)]}, "a.json: a/b: cpu_time 0: expected a number above 0"),
                          ({"benchmarks": [row(time_unit="min")]}, "a.json: a/b: time_unit 'min': expected one of ns")):
            with self.assertRaisesRegex(results.BadResults, told):
                results.from_json(bad, "a.json")


unittest.main()
