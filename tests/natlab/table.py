#!/usr/bin/env python3
"""Measures the table of NAT pairs with the real programs, and writes it down.

    ./dev natlab --runs 10                       every cell; into tests/natlab/RESULTS.md
    ./dev natlab --cells 'symmetric-* > public'  the cells that a pattern names, only printed
    ./dev natlab --list

Each run begins with routers that have no UDP mapping and a sender that was just started. A path
counts as direct once data passed on it. Words of runs that did not meet their demand are kept in
build/natlab/."""

import argparse
import concurrent.futures
import datetime
import fnmatch
import math
import os
import pathlib
import platform
import shlex
import sys
import traceback

from cells import all_cells
from lab import skip_unless_possible
from meetings import ROUND_TRIP_MS, Attempt, Meeting
from report import Row, markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELAY_RUNS = 3 # where nothing but the relay is asked for, more tell nothing new


def measure(programs, cell, runs, seed):
    """All runs of one cell. A cell that can't even begin is one failed run."""
    try:
        with Meeting(programs, cell, seed) as meeting:
            if cell.demand.name == "relay":
                runs = min(runs, RELAY_RUNS)
            attempts = [meeting.attempt(cell.demand) for _ in range(runs)]
    except (RuntimeError, OSError):
        attempts = [Attempt(problem="the lab failed", words=traceback.format_exc())]
    return cell, attempts


def keep_words(cell, attempts):
    folder = ROOT / "build/natlab" / cell.name.replace(" > ", "--").replace(" ", "-")
    for i, attempt in enumerate(attempts):
        file = folder / f"{i + 1}.txt"
        file.unlink(missing_ok=True)
        if not attempt.meets(cell.demand) or attempt.seconds > (cell.demand.p95 or math.inf):
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{attempt.problem}\n{attempt.words}")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev natlab", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=10, metavar="N")
    parser.add_argument("--cells", action="append", metavar="PATTERN",
                        help="may be given again; with it, RESULTS.md is left as it is")
    parser.add_argument("--parallel", type=int, default=os.cpu_count(), metavar="N",
                        help="cells at a time; default: as many as there are cores")
    parser.add_argument("--seed", type=int, default=1, help="of what is random in the NATs")
    parser.add_argument("--out", type=pathlib.Path, help="where to write; default: as above")
    parser.add_argument("--list", action="store_true", help="the cells and what they demand")
    return parser.parse_args()


def main():
    options = arguments()
    patterns = options.cells or ["*"]
    cells = [c for c in all_cells() if any(fnmatch.fnmatch(c.name, p) for p in patterns)]
    if options.list:
        for cell in cells:
            print(f"{cell.name:45} {cell.demand.name}")
        return 0
    skip_unless_possible(tun=True)
    rows, began = [], datetime.datetime.now(datetime.timezone.utc)
    programs = options.programs.resolve()
    with concurrent.futures.ProcessPoolExecutor(options.parallel) as pool:
        running = [pool.submit(measure, programs, cell, options.runs, options.seed)
                   for cell in cells]
        for future in concurrent.futures.as_completed(running):
            cell, attempts = future.result()
            keep_words(cell, attempts)
            rows.append(Row(cell, attempts))
            print(f"[{len(rows)}/{len(cells)}] {rows[-1].line()}", flush=True)
    rows.sort(key=lambda row: cells.index(row.cell))
    text = markdown(rows, when=began, machine=f"{os.cpu_count()} cores, {platform.release()}",
                    command=shlex.join(["./dev", "natlab", *sys.argv[2:]]),
                    round_trip_ms=ROUND_TRIP_MS)
    out = options.out or (None if options.cells else ROOT / "tests/natlab/RESULTS.md")
    if out:
        out.write_text(text)
        print(f"written to {out}")
    missed = [row for row in rows if not row.is_met]
    print(f"{len(rows) - len(missed)} of {len(rows)} cells as demanded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
