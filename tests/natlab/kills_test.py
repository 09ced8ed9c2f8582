#!/usr/bin/env python3
"""One transfer through two routers while either program is killed again and again (kill -9), and
each time only started again, as by a service manager: every file arrives as it was sent, and hardly
a byte is sent twice.

Usage: kills_test.py PROGRAMS [--kills N] [--mib N] [--files N] [--seed N]

A large file and many small ones. Half of the kills come when a random point of the content is
reached, half at a random moment after a start, so that starts are met, too. What was sent twice is
the difference to the same transfer undisturbed, in all that comes to the receiver but for its talk
with the rendezvous; so it holds what greetings and lists cost anew."""

import argparse
import contextlib
import json
import pathlib
import random
import re
import sys
import tempfile
import time

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file

MIB = 1 << 20
SMALL = 4 << 10 # bytes of each small file
RATE = "12M"
FIRST_MOMENTS = 1.5 # seconds after a start within which it may be killed
PATIENCE = 120 # seconds without any content: hung
LAST_SHARE = 0.98 # of the content, after which nobody is killed any more
MAY_BE_SENT_TWICE = 0.02
LOOK = 0.02


class Program:
    """One side: a program that is started again whenever it has been killed."""

    def __init__(self, person, *arguments):
        self.person, self.arguments = person, arguments
        self.deaths = 0
        self.start()

    def start(self):
        self.run = self.person.start(*self.arguments)
        self.started = time.monotonic()
        self.read = 0
        self.done = False

    def progress(self):
        """The bytes last told in this life, or None; notes whether it is done."""
        told = None
        with self.run.out.open("rb") as out:
            out.seek(self.read)
            for line in out:
                if not line.endswith(b"\n"):
                    break
                self.read += len(line)
                event = json.loads(line)
                if event["event"] == "progress":
                    told = event["bytes"]
                self.done = self.done or event["event"] == "done"
        return told

    def kill(self):
        self.run.process.kill()
        self.run.wait()
        self.deaths += 1
        self.start()


def count_transfers(host):
    """From now on the host counts what comes, by whatever way, but for what is signalled."""
    host.nft(f"""table inet count {{
        counter came {{ }}
        chain input {{
            type filter hook input priority filter;
            tcp sport {Rendezvous.PORT} accept
            counter name came
        }}
    }}""")


def counted(host):
    told = host.run("nft", "list", "counter", "inet", "count", "came")
    return int(re.search(r"bytes (\d+)", told)[1])


class Transfer:
    """The same tree from alice to bob, in a lab of its own."""

    def __init__(self, programs, source, total, folder):
        self.programs, self.source, self.total, self.folder = programs, source, total, folder
        self.folder.mkdir()

    def play(self, points, rng):
        """Kills either side at each of the points; comes back with (bytes to bob, deaths)."""
        with Lab() as lab:
            server = Rendezvous(lab.public_host("server"), self.programs, self.folder)
            alice, bob = (Person(name, lab.router(f"{name}-home").host(name), self.programs,
                                 self.folder, server) for name in ("alice", "bob"))
            count_transfers(bob.host)
            alice.befriend(bob)
            receiving = Program(bob, "receive", "--into", self.folder / "into", "--accept",
                                "contacts", "--json")
            with contextlib.ExitStack() as stack:
                stack.callback(lambda: receiving.run.stop())
                alice.await_receiving(bob)
                sending = Program(alice, "send", self.source, "--to", "bob", "--wait", "--json", "--limit",
                                  RATE)
                stack.callback(lambda: sending.run.stop())
                self.disturb(sending, receiving, points, rng)
            return counted(bob.host), (sending.deaths, receiving.deaths)

    def disturb(self, sending, receiving, points, rng):
        points = list(points)
        furthest, moved = 0, time.monotonic()
        moment = None # to kill at, with the one to be killed
        while not sending.run.poll():
            receiving.run.poll()
            now = time.monotonic()
            for side in (sending, receiving):
                told = side.progress()
                if told is not None and told > furthest:
                    furthest, moved = told, now
            if now - moved > PATIENCE:
                raise RuntimeError("nothing comes any more\n" + sending.run.words()
                                   + receiving.run.words())
            if sending.done or receiving.done:
                points.clear()
            if points and moment and now >= moment[0]:
                points.pop(0)
                moment[1].kill()
                moment = None
            elif points and not moment and furthest >= points[0]:
                victim = rng.choice((sending, receiving))
                moment = (now + rng.choice((0, rng.uniform(0, FIRST_MOMENTS))), victim)
            time.sleep(LOOK)
        if sending.run.code != 0:
            raise RuntimeError(sending.run.words() + receiving.run.words())


def make_tree(folder, mib, files):
    """A large file and many small ones; comes back with the bytes of all."""
    folder.mkdir()
    random_file(folder / "large.bin", mib * MIB)
    for i in range(files):
        small = folder / f"{i // 100:03}" / f"{i:05}.bin"
        small.parent.mkdir(exist_ok=True)
        random_file(small, SMALL)
    return mib * MIB + files * SMALL


def digests(folder):
    return {str(path.relative_to(folder)): digest(path)
            for path in folder.rglob("*") if path.is_file()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--mib", type=int, default=200, help="size of the large file")
    parser.add_argument("--files", type=int, default=300, help="small ones")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


def main():
    skip_unless_possible()
    options = arguments()
    print(f"seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        source = folder / "tree"
        total = make_tree(source, options.mib, options.files)
        points = sorted(rng.uniform(0, LAST_SHARE * total) for _ in range(options.kills))
        programs = options.programs.resolve()
        wanted = digests(source)
        came = {}
        for name, kills in (("undisturbed", ()), ("killed", points)):
            began = time.monotonic()
            transfer = Transfer(programs, source, total, folder / name)
            came[name], deaths = transfer.play(kills, rng)
            print(f"{name}: {came[name] / MIB:.1f} MiB came to the receiver for {total / MIB:.1f} of "
                  f"content, {time.monotonic() - began:.0f} s, killed: sender {deaths[0]}, "
                  f"receiver {deaths[1]}", flush=True)
            arrived = digests(transfer.folder / "into")
            if arrived != {f"tree/{path}": hash_ for path, hash_ in wanted.items()}:
                sys.exit(f"{name}: what arrived is not what was sent")
    twice = (came["killed"] - came["undisturbed"]) / total
    print(f"sent twice: {twice:.2%}, asked: at most {MAY_BE_SENT_TWICE:.0%}")
    if twice > MAY_BE_SENT_TWICE:
        sys.exit("too much was sent twice")


if __name__ == "__main__":
    main()
