"""What was measured of each cell, as a table for people."""

import collections
import statistics


FIRST_BYTE_MS = 1000 # asked of every cell, from the receiver's yes


def percentile(values, share):
    """The nearest rank; of 10 values, the 95th is the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Row:
    def __init__(self, cell, attempts):
        self.cell, self.demand = cell, cell.demand
        self.runs = len(attempts)
        good = [a for a in attempts if a.meets(self.demand)]
        self.rate = len(good) / self.runs
        direct = [a for a in attempts if a.is_direct and not a.problem]
        self.p50 = percentile([a.seconds for a in direct], 0.5) if direct else None
        self.p95 = percentile([a.seconds for a in direct], 0.95) if direct else None
        self.left = [a.left_ms for a in attempts if a.left_ms is not None]
        self.came = [a.first_byte_ms for a in attempts if a.first_byte_ms is not None]
        self.packets = round(statistics.median(a.packets for a in direct)) if direct else None
        self.kinds = counted(a.kind or "none" for a in attempts)
        self.strategies = counted(a.strategy for a in attempts if a.strategy)
        self.problems = counted(a.problem for a in attempts if a.problem)

    @property
    def unmet(self):
        """What the cell asked for and did not get."""
        found = []
        if self.rate < self.demand.rate:
            found.append(f"{' or '.join(self.demand.kinds)} in {self.rate:.0%}")
        for name, asked, got in (("p50", self.demand.p50, self.p50),
                                 ("p95", self.demand.p95, self.p95)):
            if asked and got is not None and got > asked:
                found.append(f"{name} {got:.2f} s, asked {asked} s")
        if self.came and percentile(self.came, 0.95) > FIRST_BYTE_MS:
            found.append(f"first byte {percentile(self.came, 0.95)} ms, asked {FIRST_BYTE_MS} ms")
        return found

    @property
    def is_met(self):
        return not self.unmet

    def figures(self):
        def seconds(value):
            return "" if value is None else f"{value:.2f}"
        packets = "" if self.packets is None else str(self.packets)
        return [self.cell.name, self.demand.name, self.kinds, self.strategies,
                f"{self.rate:.0%} of {self.runs}", seconds(self.p50), seconds(self.p95),
                self.span(self.left), self.span(self.came), packets, "yes" if self.is_met else "no"]

    def span(self, values):
        """p50 and p95, and of how many runs where not all have it."""
        if not values:
            return ""
        p50, p95 = (percentile(values, share) for share in (0.5, 0.95))
        some = f" ({len(values)})" if len(values) < self.runs else ""
        return f"{p50} / {p95}{some}"

    def line(self):
        what = "; ".join(self.unmet + ([self.problems] if self.problems else []))
        return "  ".join(filter(None, self.figures())) + (f"  ({what})" if what else "")


def counted(words):
    counts = collections.Counter(words).most_common()
    return ", ".join(word if len(counts) == 1 else f"{word} {n}" for word, n in counts)


HEAD = ("sender > receiver", "demand", "kind", "strategy", "as demanded", "p50 s", "p95 s",
        "left ms", "first byte ms", "packets", "met")


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def markdown(rows, of, sessions, machine, round_trip_ms):
    met = sum(row.is_met for row in rows)
    unmet = [row for row in rows if not row.is_met]
    unmeasured = f" {of - len(rows)} of {of} cells were not measured." if len(rows) < of else ""
    lines = [
        "# Who reaches whom, measured", "",
        f"{machine}. Round trip {round_trip_ms} ms between any two public addresses, the "
        "rendezvous' included.", "",
        f"**{met} of {len(rows)} cells as demanded.**{unmeasured}", "",
        "Times are until a direct path carries data, as the sender's `path` event tells them; "
        "p95 of ten runs is the slowest. As both sides' `first-byte` events tell, p50 / p95: left, "
        "milliseconds from the sender's wish, signed in, to the first content that left; first "
        "byte, from the receiver's yes to the first that came. In brackets of how many runs, where "
        "others were made before there were such events. Packets are UDP between the two people until "
        "a direct path, both ways, as the internet sees them (median). Names of networks and "
        "demands are in [cells.py](cells.py).", "",
        "## Invocations", "",
        *table(("began", "commit", "load then", "runs", "command"),
               ([s["when"], s["commit"], f"{s['load']:.1f}", str(s["runs"]), f"`{s['command']}`"]
                for s in sessions if s["runs"])), ""]
    if unmet:
        lines += ["## Not met", ""]
        lines += [f"- {row.cell.name}: {'; '.join(row.unmet)}"
                  + (f" ({row.problems})" if row.problems else "") for row in unmet]
        lines.append("")
    lines += ["## All cells", "", *table(HEAD, (row.figures() for row in rows))]
    return "\n".join(lines) + "\n"
