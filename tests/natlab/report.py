"""What was measured of each cell, as a table for people."""

import collections
import statistics


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
        return found

    @property
    def is_met(self):
        return not self.unmet

    def figures(self):
        def seconds(value):
            return "" if value is None else f"{value:.2f}"
        packets = "" if self.packets is None else str(self.packets)
        return [self.cell.name, self.demand.name, self.kinds, self.strategies,
                f"{self.rate:.0%} of {self.runs}", seconds(self.p50), seconds(self.p95), packets,
                "yes" if self.is_met else "no"]

    def line(self):
        what = "; ".join(self.unmet + ([self.problems] if self.problems else []))
        return "  ".join(filter(None, self.figures())) + (f"  ({what})" if what else "")


def counted(words):
    counts = collections.Counter(words).most_common()
    return ", ".join(word if len(counts) == 1 else f"{word} {n}" for word, n in counts)


HEAD = ("sender > receiver", "demand", "kind", "strategy", "as demanded", "p50 s", "p95 s",
        "packets", "met")


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def markdown(rows, when, machine, command, round_trip_ms):
    met = sum(row.is_met for row in rows)
    unmet = [row for row in rows if not row.is_met]
    lines = [
        "# Who reaches whom, measured", "",
        f"{when:%Y-%m-%d %H:%M} UTC, `{command}`, {machine}. Round trip {round_trip_ms} ms between "
        "any two public addresses, the rendezvous' included.", "",
        f"**{met} of {len(rows)} cells as demanded.**", "",
        "Times are until a direct path carries data, as the sender's `path` event tells them; "
        "p95 of ten runs is the slowest. Packets are UDP between the two people until then, both "
        "ways, as the internet sees them (median). Names of networks and demands are in "
        "[cells.py](cells.py); a transfer starts on the relay and moves up, so the time until its "
        "first byte is shorter.", ""]
    if unmet:
        lines += ["## Not met", ""]
        lines += [f"- {row.cell.name}: {'; '.join(row.unmet)}"
                  + (f" ({row.problems})" if row.problems else "") for row in unmet]
        lines.append("")
    lines += ["## All cells", "", *table(HEAD, (row.figures() for row in rows))]
    return "\n".join(lines) + "\n"
