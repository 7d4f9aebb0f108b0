# SPDX-License-Identifier: MIT
import unittest

from made_up import FACTS, measured, rows

import table


class Table(unittest.TestCase):
    def test_numbers(self):
        for value, text in ((0, "0"), (0.5, "0.50"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"),
                            (0.001, "below 0.005")):
            self.assertEqual(table.number(value), text)

    def test_every_benchmark_has_its_row(self):
        text = table.markdown(measured({
            "a": rows("a/members:8/mixed:1", [4, 5, 6, 5, 5], "by turns", deviation=0.75, bytes_per_member=41),
            "b": rows("a/textbook/members:8/mixed:1", [10] * 5),
            "c": rows("threads/a/members:64/mixed:1/real_time/threads:1", [4] * 5),
            "d": rows("threads/a/members:64/mixed:1/real_time/threads:2", [2] * 5),
            "e": rows("machine/fetch_add/contended/real_time/threads:2", [8] * 5)}))
        for line in ("| machine/load_chain | 1.00 | 1.00 - 1.00 |",
                     "| `a` | 8 | 1..100 | 5.00 | 4.00 - 6.00 | 0.50 (0.40 - 0.60) | 5.00 | 2.50 |",
                     "| `a/textbook` | 8 | 1..100 | 10.0 | 10.0 - 10.0 |  | 10.0 | 5.00 |",
                     "| `threads/a` | 2 | 2.00 | 2.00 - 2.00 | 0.50 | 0.25 |",
                     "| `a` | 8 | 1..100 | 0.75 |  |  |  | 41.0 |",
                     f"| command | `{FACTS['command']}` |", "| machine | A CPU, 2 cores |"):
            self.assertIn(line + "\n", text)


unittest.main()
