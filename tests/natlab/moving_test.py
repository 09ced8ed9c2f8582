#!/usr/bin/env python3
"""A transfer whose network changes under it, with real programs: the file arrives intact, with
no restart, and the longest stall is told. What a stall may cost is asserted with much patience:
machines that run tests are slow; the figures printed are what counts.
Argument: the folder of the programs."""

import json
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file

MIB = 1 << 20
SIZE = 48 * MIB
RATE = "8M" # so that there is a middle of the file
PATIENCE = 150
SLEEP = 40 # seconds
STALL_PATIENCE = 20 # seconds beyond the outage, on a busy machine; 2 is what is aimed at


class Watch:
    """Follows a sender's events while they come, with the time of each."""

    def __init__(self, run):
        self.run = run
        self.seen = []
        self.bytes = 0
        self.moved_at = time.monotonic()
        self.longest = 0.0

    def look(self):
        lines = self.run.out.read_text().split("\n")[:-1]
        now = time.monotonic()
        for line in lines[len(self.seen):]:
            event = json.loads(line)
            self.seen.append(event)
            if event["event"] == "progress" and event["bytes"] > self.bytes:
                if self.bytes > 0:
                    self.longest = max(self.longest, now - self.moved_at)
                self.bytes, self.moved_at = event["bytes"], now
        return self.run.poll()

    def paths(self):
        return [(e["kind"], e["strategy"]) for e in self.seen if e["event"] == "path"]


class MovingTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.server = Rendezvous(self.lab.public_host("server"), self.programs, self.folder)

    def people(self, alice_host, bob_host):
        alice = Person("alice", alice_host, self.programs, self.folder, self.server)
        bob = Person("bob", bob_host, self.programs, self.folder, self.server)
        alice.befriend(bob)
        return alice, bob

    def assert_moves(self, sender, receiver, disturb, outage=0.0, size=SIZE, options=()):
        """Disturbs the network when a quarter is over; disturb() may wait."""
        source = random_file(self.folder / "file.bin", size)
        into = receiver.folder / f"into-{receiver.runs}"
        receiving = receiver.start("receive", "--into", into, "--accept", "contacts", "--count",
                                   "1", "--json")
        try:
            sender.await_receiving(receiver)
            sending = sender.start("send", source, "--to", receiver.name, "--json", "--limit",
                                   RATE, *options)
            self.sending, self.receiving = sending, receiving
            self.watch = watch = Watch(sending)
            disturbing = None
            deadline = time.monotonic() + PATIENCE
            while not watch.look() and time.monotonic() < deadline:
                receiving.poll()
                if not disturbing and watch.bytes > size // 4:
                    watch.longest = 0.0 # what the beginning cost is not asked here
                    disturbing = threading.Thread(target=disturb)
                    disturbing.start()
                time.sleep(0.02)
            if disturbing:
                disturbing.join()
            sending.wait(0)
            if sending.code == 0:
                receiving.wait(10)
        finally:
            if receiving.code is None:
                receiving.stop()
        words = sending.words() + receiving.words()
        self.assertTrue(disturbing, words)
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        self.assertEqual(digest(into / "file.bin"), digest(source))
        beyond = watch.longest - outage
        if os.environ.get("QT_LOGGING_RULES"): # someone looks into it
            print("\n".join(line for line in words.splitlines() if '"progress"' not in line))
        print(f"    paths {watch.paths()}, longest stall {watch.longest:.2f} s, "
              f"{beyond:.2f} s beyond the outage", flush=True)
        self.assertLess(beyond, STALL_PATIENCE, words)
        return watch

    def test_a_router_that_gives_other_ports(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))

        def rebind():
            one.nft("""flush table ip nat
                table ip nat {
                    chain postrouting {
                        type nat hook postrouting priority srcnat;
                        oifname "wan" meta l4proto udp masquerade to :30000-30999
                        oifname "wan" masquerade
                    }
                }""")
            one.forget_udp()

        for sender, receiver in ((alice, bob), (bob, alice)):
            with self.subTest(sender=sender.name):
                self.assert_moves(sender, receiver, rebind)

    def test_a_new_address(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        host = one.host("alice")
        alice, bob = self.people(host, two.host("bob"))

        def move():
            fresh = str(next(one.free))
            host.ip("address", "flush", "dev", "eth0")
            host.ip("address", "add", f"{fresh}/24", "dev", "eth0")
            host.ip("route", "add", "default", "via", str(one.inside))
            host.address = fresh

        for sender, receiver in ((alice, bob), (bob, alice)):
            with self.subTest(sender=sender.name):
                self.assert_moves(sender, receiver, move)

    def test_thirty_seconds_of_nothing(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))

        def cut():
            one.nft("""table inet outage {
                chain forward { type filter hook forward priority filter; drop; }
            }""")
            time.sleep(30)
            one.nft("delete table inet outage")

        self.assert_moves(alice, bob, cut, outage=30)

    def test_a_sleep(self):
        """The program does not run for a while, as in a computer that sleeps; the others give it
        up meanwhile."""
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))

        def sleep():
            os.kill(self.receiving.process.pid, signal.SIGSTOP)
            time.sleep(SLEEP)
            os.kill(self.receiving.process.pid, signal.SIGCONT)

        self.assert_moves(alice, bob, sleep, outage=SLEEP)

    def keep_apart(self, one, two):
        """Nothing passes between the two homes; the way to the server stays."""
        one.nft(f"""table inet apart {{
            chain forward {{
                type filter hook forward priority filter;
                ip daddr {two.address} drop
                ip saddr {two.address} drop
            }}
        }}""")

    def test_relay_and_nothing_else(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))
        watch = self.assert_moves(alice, bob, lambda: None, options=("--path", "relay"))
        self.assertEqual({kind for kind, _ in watch.paths()}, {"relay"})

    def test_relay_until_there_is_a_direct_path(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))
        self.keep_apart(one, two)
        watch = self.assert_moves(alice, bob, lambda: one.nft("delete table inet apart"),
                                  size=3 * SIZE)
        kinds = [kind for kind, _ in watch.paths()]
        self.assertEqual((kinds[0], kinds[-1]), ("relay", "udp"))

    def await_kind(self, kind):
        """Until the transfer under way runs by such a path."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self.watch.run.poll():
            paths = self.watch.paths()
            if paths and paths[-1][0] == kind:
                return
            time.sleep(0.02)

    def test_a_better_path_that_dies(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))
        self.keep_apart(one, two)

        def meet_and_part():
            one.nft("delete table inet apart")
            self.await_kind("udp")
            time.sleep(1)
            self.keep_apart(one, two)
            self.await_kind("relay")

        watch = self.assert_moves(alice, bob, meet_and_part, size=3 * SIZE)
        paths = [e for e in watch.seen if e["event"] == "path"]
        self.assertEqual([e["kind"] for e in paths][:3], ["relay", "udp", "relay"])
        # Not another one: the first was kept.
        self.assertEqual(paths[0]["remote"], paths[2]["remote"])

    def test_a_direct_path_that_is_cut(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))
        for sender, receiver in ((alice, bob), (bob, alice)):
            with self.subTest(sender=sender.name):
                watch = self.assert_moves(sender, receiver, lambda: self.keep_apart(one, two))
                self.assertEqual(watch.paths()[-1][0], "relay")
                one.nft("delete table inet apart")


if __name__ == "__main__":
    skip_unless_possible()
    MovingTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
