#!/usr/bin/env python3
"""Mappings that do not last, with real programs: a router that cuts each of them a few seconds
after birth whatever the traffic, or forgets what is idle soon. The file arrives intact all the
same; how long it stood still is told, and asserted with patience for slow machines. What was
measured of a router's lifetimes is used: before the cut there is another path, and what is idle is
used in time. Argument: the folder of the programs."""

import concurrent.futures
import json
import pathlib
import sys
import tempfile
import time
import unittest

from lab import Lab, skip_unless_possible
from moving_test import Watch
from people import Person, Rendezvous, digest, random_file
from sockets import PORT, Socket

MIB = 1 << 20
CUT_S = 8
FORESEEN_CUT_S = 24 # nothing that ends sooner than after 20 s is taken for a cut
IDLE_S = 16 # below what is used where nothing was measured (25 s)
MEASURING_S = 150
PATIENCE_S = 120
STALL_S = 15 # on a busy machine; about 2 is usual, see what is printed


class LifetimeTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab(self.programs, delay_ms=20))
        self.server = Rendezvous(self.lab.public_host("server", addresses=2), self.programs,
                                 self.folder)

    def people(self, **cutting):
        self.homes = homes = (
            self.lab.user_router("one", mapping="EIM", filtering="APDF", allocation="random",
                                 **cutting), # each mapping has another port than the last
            self.lab.user_router("two", mapping="EIM", filtering="APDF"))
        alice, bob = (Person(name, home.host(name), self.programs, self.folder, self.server)
                      for name, home in zip(("alice", "bob"), homes))
        alice.befriend(bob)
        return alice, bob

    def learn(self, person, lifetime):
        """Measures until that lifetime of this person's mappings is known."""
        measuring = person.start("network", "--thorough", "--json")
        try:
            deadline = time.monotonic() + MEASURING_S
            while time.monotonic() < deadline:
                time.sleep(2) # a look at what is remembered, by a program of its own
                known = json.loads(person.do("network", "--json").out.read_text())
                if known["udp"][lifetime]:
                    return known["udp"][lifetime]
        finally:
            measuring.stop()
        self.fail(f"{lifetime} was not measured\n{measuring.words()}")

    def transfer(self, sender, receiver, size, rate, idle=0):
        """The watch of the sender, once the file is there and whole. `idle`: seconds that the
        receiver waits for it."""
        source = random_file(self.folder / f"of-{sender.name}.bin", size)
        into = receiver.folder / f"into-{receiver.runs}"
        receiving = receiver.start("receive", "--into", into, "--accept", "contacts", "--count",
                                   "1", "--json")
        try:
            sender.await_receiving(receiver)
            time.sleep(idle)
            sending = sender.start("send", source, "--to", receiver.name, "--json", "--path", "udp",
                                   "--limit", rate)
            watch = Watch(sending)
            deadline = time.monotonic() + PATIENCE_S
            while not watch.look() and time.monotonic() < deadline:
                receiving.poll()
                time.sleep(0.02)
            sending.wait(0)
            receiving.wait(10)
        finally:
            if receiving.code is None:
                receiving.stop()
        words = sending.words() + receiving.words()
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        self.assertEqual(digest(into / source.name), digest(source))
        print(f"    {len(watch.paths())} paths, longest stall {watch.longest:.2f} s", flush=True)
        return watch

    def outer_port(self):
        """Of one inner socket, behind the router that cuts."""
        self.inner.send("here", self.outside.host.address)
        return self.outside.hear()[2]

    def test_cuts_that_nobody_foresaw(self):
        people = self.people(absolute_ms=1000 * CUT_S)
        self.inner = Socket(self.homes[0].host("inner"), PORT)
        self.outside = Socket(self.lab.public_host("outside"), PORT)
        first = self.outer_port()
        for sender, receiver in (people, people[::-1]):
            with self.subTest(sender=sender.name):
                began = time.monotonic()
                watch = self.transfer(sender, receiver, 18 * MIB, "1M")
                self.assertGreater(time.monotonic() - began, 2 * CUT_S) # at least two of them
                self.assertLess(watch.longest, STALL_S)
        self.assertNotEqual(self.outer_port(), first) # it was unused for less than idle ones live
        for socket in (self.inner, self.outside):
            socket.close()

    def test_cuts_that_were_measured_are_forestalled(self):
        people = self.people(absolute_ms=1000 * FORESEEN_CUT_S,
                             tcp={"mapping": "EIM", "filtering": "APDF", "allocation": "random"})
        age = self.learn(people[0], "absolute_lifetime_s")
        print(f"    cut after {FORESEEN_CUT_S} s, measured {age} s", flush=True)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor() as both_ways:
            watches = [both_ways.submit(self.transfer, *pair, 128 * MIB, "4M")
                       for pair in (people, people[::-1])]
        self.assertGreater(time.monotonic() - began, FORESEEN_CUT_S)
        for watch in (one.result() for one in watches):
            sought = [e["purpose"] for e in watch.seen if e["event"] == "search"]
            self.assertIn("upgrade", sought)
            self.assertNotIn("repair", sought) # no path died under the transfer

    def test_what_is_idle_is_used_in_time(self):
        """Where the mapping is forgotten, the receiver tells of a port that is no longer its own,
        and lets the sender's packets in at no other."""
        alice, bob = self.people(idle_ms=1000 * IDLE_S)
        idle = self.learn(alice, "lifetime_s")
        print(f"    forgotten after {IDLE_S} s, measured {idle} s", flush=True)
        self.transfer(bob, alice, MIB, "8M", idle=IDLE_S + 6)


if __name__ == "__main__":
    skip_unless_possible(tun=True)
    LifetimeTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
