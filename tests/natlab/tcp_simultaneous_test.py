#!/usr/bin/env python3
"""Where UDP is blocked on both sides, two routers with NAT for TCP are passed all the same: both
connect from the port they listen on, or, where a router gives each destination the next port, from
others whose outside was told ahead. Argument: the folder of the programs."""

import pathlib
import sys
import tempfile
import unittest

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file, send

SIZE = 8 << 20


class TcpSimultaneousTest(unittest.TestCase):
    programs = None

    def build(self, delay_ms=0):
        """One way; two SYNs can cross only where the way takes some time."""
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab(self.programs if delay_ms else None, delay_ms))
        self.server = Rendezvous(self.lab.public_host("server"), self.programs, self.folder)

    def person(self, name, router):
        return Person(name, router.host(name), self.programs, self.folder, self.server)

    def assert_meet(self, one, two, *options):
        alice, bob = self.person("alice", one), self.person("bob", two)
        alice.befriend(bob)
        for sender, receiver in ((alice, bob), (bob, alice)):
            with self.subTest(sender=sender.name):
                self.assert_sends(sender, receiver, *options)

    def assert_sends(self, sender, receiver, *options):
        source = random_file(self.folder / "file.bin", SIZE)
        sending, receiving, into = send(sender, receiver, source, *options)
        words = sending.words() + receiving.words()
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        for run in (sending, receiving):
            path = run.event("path")
            self.assertEqual((path["kind"], path["strategy"]), ("tcp", "tcp-simultaneous"), words)
            print(f"    {run.name}: {path['local']} - {path['remote']}, "
                  f"{path['elapsed_ms']} ms", flush=True)
        self.assertEqual(digest(into / "file.bin"), digest(source))

    def test_routers_that_refuse_early_connections(self):
        self.build(delay_ms=20)
        self.assert_meet(self.lab.router("one", passes_udp=False),
                         self.lab.router("two", passes_udp=False))

    def test_routers_that_drop_in_silence(self):
        self.build()
        self.assert_meet(self.lab.router("one", passes_udp=False, drops_unsolicited=True),
                         self.lab.router("two", passes_udp=False, drops_unsolicited=True))

    def counting(self, name, **tcp):
        """Its TCP gets other ports outside; UDP does not get through."""
        return self.lab.user_router(name, passes_udp=False, mapping="EIM",
                                    tcp={"filtering": "APDF", **tcp})

    def test_ports_that_are_moved(self):
        self.build(delay_ms=20)
        self.assert_meet(self.counting("one", mapping="EIM", allocation="random"),
                         self.counting("two", mapping="EIM", allocation="random"))

    def test_ports_in_sequence_on_one_side(self):
        self.build(delay_ms=20)
        self.assert_meet(self.counting("one", mapping="APDM", allocation="sequential"),
                         self.lab.router("two", passes_udp=False))

    def test_ports_in_sequence_on_both_sides(self):
        self.build(delay_ms=20)
        self.assert_meet(self.counting("one", mapping="APDM", allocation="sequential", delta=2),
                         self.counting("two", mapping="APDM", allocation="sequential"))

    def test_udp_blocked_on_one_side_only(self):
        self.build(delay_ms=20)
        self.assert_meet(self.lab.router("one", passes_udp=False), self.lab.router("two"))

    def test_it_can_be_asked_for(self):
        self.build(delay_ms=20)
        self.assert_meet(self.lab.router("one"), self.lab.router("two"), "--path", "tcp")


if __name__ == "__main__":
    skip_unless_possible(tun=True)
    TcpSimultaneousTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
