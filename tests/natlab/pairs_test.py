#!/usr/bin/env python3
"""Cells of the table of NAT pairs, a few of each kind, with the real programs: the path is what
the cell demands, and the file that arrived is the one that was sent. Argument: the folder of the
programs. The whole table is measured by ./dev natlab."""

import concurrent.futures
import pathlib
import sys
import unittest

from cells import Cell
from lab import skip_unless_possible
from meetings import Meeting

AT_A_TIME = 2
# Of a file; a direct path must be found within them, on however busy a machine.
SECONDS = {"lan": 4, "plain": 4, "prediction": 8, "birthday": 12, "tcp open": 10, "relay": 1}
CELLS = (
    Cell("public", "symmetric-random"),
    Cell("udp-blocked", "public"),
    Cell("restricted-cone", "port-restricted"),
    Cell("masquerade", "full-cone-kernel"),
    Cell("symmetric-random", "restricted-cone"),
    Cell("full-cone", "symmetric-sequential"),
    Cell("masquerade", "symmetric-sequential"),
    Cell("one-lan"),
    Cell("carrier-hairpin"),
    Cell("equal-private-networks"),
)


def meet(cell):
    with Meeting(PROGRAMS, cell) as meeting:
        return meeting.attempt(cell.demand, whole=SECONDS[cell.demand.name])


class PairsTest(unittest.TestCase):
    def test_cells(self):
        with concurrent.futures.ProcessPoolExecutor(AT_A_TIME) as pool:
            for cell, attempt in zip(CELLS, pool.map(meet, CELLS)):
                with self.subTest(cell=cell.name):
                    self.assertEqual(attempt.problem, "", attempt.words)
                    self.assertIn(attempt.kind, cell.demand.kinds, attempt.words)
                    print(f"    {cell.name}: {attempt.kind} {attempt.strategy}, "
                          f"{attempt.seconds:.2f} s", flush=True)


if __name__ == "__main__":
    skip_unless_possible(tun=True)
    PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
