"""Two people of a cell of the table meet, again and again: which path they came to, when, and
at the price of how many packets."""

import contextlib
import dataclasses
import pathlib
import tempfile
import time

from lab import Lab
from people import Person, Rendezvous, digest, random_file

ROUND_TRIP_MS = 40 # between any two public addresses
DIRECT = ("lan", "tcp", "udp")
RATE = 256 << 10 # bytes a second: on the relay, the file waits for a direct path
PROOF = 64 << 10 # bytes that must have passed on a path, to count
PATIENCE = 12 # seconds until a direct path
LOOK = 0.005
ENDS = ("done", "failed")


@dataclasses.dataclass
class Attempt:
    """One send. `seconds`: until the path that it came to; `packets`: UDP between the two, until
    then; `first_byte_ms`: from the receiver's yes to the first content there, as its `first-byte`
    event tells; `left_ms`: from the sender's wish, signed in, to the first that left (runs of
    before there was such an event have neither); `problem`: why it came to nothing."""

    kind: str = ""
    strategy: str = ""
    seconds: float = 0.0
    packets: int = 0
    problem: str = ""
    first_kind: str = ""
    first_byte_ms: int | None = None
    left_ms: int | None = None
    explanation: str = ""
    words: str = ""

    @property
    def is_direct(self):
        return self.kind in DIRECT

    def meets(self, demand):
        return not self.problem and self.kind in demand.kinds


class Meeting:
    """The lab of a cell, with the rendezvous and both people, who know their networks."""

    def __init__(self, programs, cell, seed=1):
        self.programs, self.cell, self.seed = programs, cell, seed

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            # The folder goes last: nobody writes there any more when the lab has gone.
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.lab = stack.enter_context(
                Lab(self.programs, delay_ms=ROUND_TRIP_MS / 2, seed=self.seed))
            self.server = Rendezvous(self.lab.public_host("server", addresses=2), self.programs,
                                     self.folder)
            names = ("alice", "bob")
            self.sender, self.receiver = (
                Person(name, host, self.programs, self.folder, self.server)
                for name, host in zip(names, self.cell.hosts(self.lab)))
            self.sender.befriend(self.receiver)
            self.receiving = None
            learning = [person.start("network", "--json") # so that both know what they are behind
                        for person in (self.sender, self.receiver)]
            for run in learning:
                run.wait()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def begin(self):
        """Nobody has a mapping, and one of them has just begun to receive."""
        if self.receiving:
            self.receiving.stop()
            self.sender.await_receiving(self.receiver, False)
        self.lab.forget_udp()
        self.receiving = self.receiver.start("receive", "--into", self.folder / "into", "--accept",
                                             "contacts", "--json")
        self.sender.await_receiving(self.receiver)

    def packets(self):
        """UDP between the two so far, as the internet sees it."""
        servers = set(self.server.addresses)
        return sum(count for ends, count in self.lab.internet.datagrams().items()
                   if servers.isdisjoint(ends))

    def attempt(self, demand, whole=None):
        """One send, with all mappings forgotten before. `whole`: of a file of so many seconds,
        until it is there and is the one that was sent; else only until its path is proved."""
        self.begin()
        self.file = random_file(self.folder / "file.bin", RATE * (whole or PATIENCE))
        before = self.packets()
        began = time.monotonic()
        limit = ("--limit", RATE) if demand.is_direct else ()
        sending = self.sender.start("send", self.file, "--to", self.receiver.name, "--json",
                                    *limit)
        attempt = Attempt()
        try:
            while not sending.poll() and time.monotonic() - began < 2 * PATIENCE:
                path = self.look(sending, attempt, before)
                if attempt.first_byte_ms is None and (came := self.receiving.event("first-byte")):
                    attempt.first_byte_ms = came["elapsed_ms"]
                told = attempt.first_byte_ms is not None
                if path and not whole and told and self.is_proved(sending, attempt):
                    break
                time.sleep(LOOK)
            self.look(sending, attempt, before)
            if left := sending.event("first-byte"):
                attempt.left_ms = left["elapsed_ms"]
        finally:
            sending.stop()
        if sending.code == 0:
            self.await_arrival()
        attempt.words = sending.words() + self.receiving.words()
        if whole or not attempt.is_direct:
            attempt.problem = self.problem_of(sending)
        return attempt

    def look(self, sending, attempt, before):
        """Notes the newest path; true once it is a direct one."""
        if attempt.is_direct:
            return True
        path = sending.event("path")
        if path:
            attempt.first_kind = attempt.first_kind or path["kind"]
            attempt.kind, attempt.strategy = path["kind"], path["strategy"]
            attempt.explanation = path.get("explanation", "")
            attempt.seconds = path["elapsed_ms"] / 1000
            attempt.packets = self.packets() - before
        return attempt.is_direct

    def is_proved(self, sending, attempt):
        """Data came through since the path was taken."""
        events = sending.events()
        taken = max(i for i, e in enumerate(events) if e["event"] == "path")
        passed = [[e["bytes"] for e in part if e["event"] == "progress"]
                  for part in (events[:taken], events[taken:])]
        return max(passed[1], default=0) - max(passed[0], default=0) >= PROOF

    def await_arrival(self):
        """Until the receiver, too, has said its last word of the newest transfer."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            events = self.receiving.events()
            if events and events[-1]["event"] in ENDS:
                return
            time.sleep(LOOK)

    def problem_of(self, sending):
        failed = sending.event("failed")
        if sending.code != 0:
            return failed["message"] if failed else f"ended with code {sending.code}"
        done = self.receiving.event("done")
        if not done or digest(done["location"]) != digest(self.file):
            return "what arrived is not what was sent"
        return ""
