#!/usr/bin/env python3
"""Counts what the stages of ./dev test left in a folder; the last line is the verdict.

*.xml is CTest's JUnit output: a Qt Test counts with its own totals, any other test as one.
*.tsv holds "passed|failed|skipped<TAB>name" lines. *.ctest is what CTest printed: a test that
failed there but not in the XML passed at its second try, and is named as unsteady. With CI=true
a skip is a failure.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TOTALS = re.compile(r"^Totals: (\d+) passed, (\d+) failed, (\d+) skipped", re.MULTILINE)
FIRST_TRY = re.compile(r"Test +#\d+: (\S+) \.*\*\*\*")
SKIPPED = re.compile(r"^SKIPPED: .*|^SKIP   : .*(?:\n   Loc: .*)?", re.MULTILINE)


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.remarks = 0, 0, 0, []

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def steadiness(self, stage, output, passed):
        for name in dict.fromkeys(FIRST_TRY.findall(output)):
            if name in passed:
                self.remarks.append(f"UNSTEADY {stage}: {name} passed at its second try")

    def testcase(self, stage, case):
        output = case.findtext("system-out") or ""
        name = f"{stage}: {case.get('name')}"
        broken = case.get("status") != "run"
        totals = [tuple(map(int, found)) for found in TOTALS.findall(output)]
        passed, failed, skipped = (sum(column) for column in zip(*totals)) if totals else (0, 0, 0)
        reasons = SKIPPED.findall(output)
        if broken and failed == 0:  # crashed, timed out, or no Qt Test
            failed = 1
        elif not totals and not broken:
            passed, skipped = (0, 1) if reasons else (1, 0)
        elif reasons and skipped == 0:
            passed, skipped = max(0, passed - 1), 1
        self.add(passed, failed, skipped)
        if failed:
            self.remarks.append(f"FAILED  {name}")
        self.remarks += [f"SKIPPED {name}: {' '.join(reason.split())}" for reason in reasons]

    def read(self, folder):
        for file in sorted(folder.glob("*.xml")):
            cases = list(ElementTree.parse(file).getroot().iter("testcase"))
            for case in cases:
                self.testcase(file.stem, case)
            printed = file.with_suffix(".ctest")
            if printed.exists():
                passed = {case.get("name") for case in cases if case.get("status") == "run"}
                self.steadiness(file.stem, printed.read_text(errors="replace"), passed)
        for file in sorted(folder.glob("*.tsv")):
            for line in file.read_text(encoding="utf-8").splitlines():
                verdict, name = line.split("\t")
                self.add(verdict == "passed", verdict == "failed", verdict == "skipped")
                if verdict != "passed":
                    self.remarks.append(f"{verdict.upper():7} {name}")


def main():
    folder = Path(sys.argv[1])
    tally = Tally()
    tally.read(folder)
    times = folder / "times"
    if times.exists():
        spent = [line.split("\t") for line in times.read_text(encoding="utf-8").splitlines()]
        print("seconds: " + ", ".join(f"{stage} {seconds}" for stage, seconds in spent))
    for remark in tally.remarks:
        print(remark)
    if os.environ.get("CI") == "true" and tally.skipped:
        print("with CI=true a skipped test counts as failed")
        tally.add(0, tally.skipped, -tally.skipped)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    sys.exit(1 if tally.failed or not tally.passed else 0)


if __name__ == "__main__":
    main()
