"""What the benches share: medians, tables, and where figures are kept."""

import datetime
import os
import pathlib
import platform
import shlex
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests/bench/RESULTS.md"
sys.path.insert(0, str(ROOT / "tests/natlab"))

from lab import skip_unless_possible # noqa: E402  (found by the line above)


def add_options(parser, runs):
    parser.add_argument("programs", type=pathlib.Path, nargs="?", default=ROOT / "build/dev/bin",
                        help="the folder of the programs (default build/dev/bin)")
    parser.add_argument("--runs", type=int, default=runs,
                        help=f"the median of so many (default {runs})")
    parser.add_argument("--folder", help="where the files lie (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="put the table into RESULTS.md")


def measured(parser, ways, measure, usual=None, tun=False):
    """What the command line asks for, and what measure(options, folder) brings: in a folder that
    goes afterwards, by the ways that are named, else the usual ones (all)."""
    usual = usual or list(ways)
    parser.add_argument("--way", dest="ways", action="append", choices=ways,
                        help=f"only this one (default {', '.join(usual)})")
    options = parser.parse_args()
    options.ways = options.ways or usual
    options.programs = options.programs.resolve()
    skip_unless_possible(tun)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        return options, measure(options, pathlib.Path(folder))


def medians(results):
    """Of each figure over the runs; a word is that of the first run."""
    return {key: statistics.median(r[key] for r in results)
            if isinstance(results[0][key], (int, float)) else results[0][key]
            for key in results[0]}


def conditions(name, what):
    memory = next(line for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    words = []
    for word in sys.argv[1:]: # without the folder of the programs; values as ./dev takes them
        if word.startswith("-"):
            words.append(word)
        elif words:
            words[-1] += f"={word}"
    command = shlex.join(["./dev", "bench", name, *words])
    return (f"{datetime.date.today()}, `{command}`: {what}; {os.cpu_count()} cores ({model}), "
            f"{int(memory.split()[1]) >> 20} GiB, Linux {platform.release()}; all ends on the one "
            f"machine, load {os.getloadavg()[0]:.1f} as it ended")


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def keep(name, report):
    """Puts the report into RESULTS.md, in the place of an earlier one of that name."""
    sections = RESULTS.read_text().split("\n## ") if RESULTS.exists() else []
    first = [] if not sections else [sections[0].strip().removeprefix("## ")]
    sections = [s for s in first + [s.strip() for s in sections[1:]]
                if s and s.split("\n", 1)[0] != name]
    sections.append(f"{name}\n{report.strip()}")
    RESULTS.write_text("\n\n".join(f"## {s}" for s in sections) + "\n")


def show(name, what, report, options, special=""):
    """Prints, and keeps if asked to; what is special has a table of its own."""
    report = f"{conditions(name, what)}\n\n{report}\n"
    print(report)
    if options.keep:
        keep(name + special, report)
