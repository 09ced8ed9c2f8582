#!/usr/bin/env python3
"""Measures the table of NAT pairs with the real programs, and writes it down.

    ./dev natlab --runs 10                       every cell; into tests/natlab/RESULTS.md
    ./dev natlab --runs 10 --add                 the same, but what was measured before counts
    ./dev natlab --cells 'symmetric-* > public'  the cells that a pattern names, only printed
    ./dev natlab --list

Each run begins with routers that have no UDP mapping and a sender that was just started. A path
counts as direct once data passed on it. Every run is noted in build/natlab/runs.jsonl; with --add
runs add up over several invocations, until a cell has as many as are asked for, and RESULTS.md is
written after each cell. Words of runs that did not meet their demand are kept in build/natlab/."""

import argparse
import concurrent.futures
import datetime
import fnmatch
import math
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import traceback

from cells import all_cells
from lab import skip_unless_possible
from meetings import ROUND_TRIP_MS, Attempt, Meeting
from report import Row, markdown
from run_book import RunBook

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests/natlab/RESULTS.md"
RELAY_RUNS = 3 # where nothing but the relay is asked for, more tell nothing new


def wanted_runs(cell, runs):
    return min(runs, RELAY_RUNS) if cell.demand.name == "relay" else runs


def measure(programs, cell, runs, seed):
    """So many runs of one cell. A cell that can't even begin is one failed run."""
    try:
        with Meeting(programs, cell, seed) as meeting:
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


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], text=True,
                          capture_output=True, check=False)
    return done.stdout.strip()


def arguments():
    parser = argparse.ArgumentParser(prog="./dev natlab", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=10, metavar="N")
    parser.add_argument("--cells", action="append", metavar="PATTERN",
                        help="may be given again; without --add, RESULTS.md is left as it is")
    parser.add_argument("--add", action="store_true",
                        help="to what is in build/natlab/runs.jsonl; else that begins anew")
    parser.add_argument("--parallel", type=int, default=os.cpu_count(), metavar="N",
                        help="cells at a time; default: as many as there are cores")
    parser.add_argument("--seed", type=int, default=1, help="of what is random in the NATs")
    parser.add_argument("--out", type=pathlib.Path, help="where to write; default: as above")
    parser.add_argument("--list", action="store_true", help="the cells and what they demand")
    return parser.parse_args()


def write(out, book):
    rows = [Row(cell, book.runs[cell.name]) for cell in all_cells() if book.runs[cell.name]]
    out.write_text(markdown(rows, of=len(all_cells()), sessions=book.sessions,
                            machine=f"{os.cpu_count()} cores, {platform.release()}",
                            round_trip_ms=ROUND_TRIP_MS))
    return rows


def main():
    options = arguments()
    patterns = options.cells or ["*"]
    cells = [c for c in all_cells() if any(fnmatch.fnmatch(c.name, p) for p in patterns)]
    if options.list:
        for cell in cells:
            print(f"{cell.name:45} {cell.demand.name}")
        return 0
    skip_unless_possible(tun=True)
    programs = options.programs.resolve()
    keeps = options.add or not options.cells # else a look at a few cells, which counts for nothing
    book = RunBook(ROOT / "build/natlab" / "runs.jsonl" if keeps else None, adds=options.add)
    book.begin(datetime.datetime.now(datetime.timezone.utc),
               shlex.join(["./dev", "natlab", *sys.argv[2:]]), commit())
    out = options.out or (RESULTS if keeps else None)
    missing = {cell: wanted_runs(cell, options.runs) - len(book.runs[cell.name]) for cell in cells}
    missing = {cell: runs for cell, runs in missing.items() if runs > 0}
    with concurrent.futures.ProcessPoolExecutor(options.parallel) as pool:
        # Another seed for what is added, lest the same ports be drawn again.
        running = [pool.submit(measure, programs, cell, runs,
                               options.seed + len(book.runs[cell.name]))
                   for cell, runs in missing.items()]
        for number, future in enumerate(concurrent.futures.as_completed(running), 1):
            cell, attempts = future.result()
            keep_words(cell, attempts)
            book.add(cell.name, attempts)
            print(f"[{number}/{len(missing)}] {Row(cell, book.runs[cell.name]).line()}", flush=True)
            if out:
                write(out, book)
    if out:
        rows = write(out, book)
        print(f"written to {out}")
    else:
        rows = [Row(cell, book.runs[cell.name]) for cell in cells]
    missed = [row for row in rows if not row.is_met]
    print(f"{len(rows) - len(missed)} of {len(rows)} cells as demanded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
