#!/usr/bin/env python3
"""A real miniupnpd maps our port: by each language alone, seen by the server, taken back at
the end, and good for a direct path where nothing else is. Argument: the folder of the programs."""

import ipaddress
import pathlib
import sys
import tempfile
import time
import unittest

import gateway
from gateway import Miniupnpd
from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file, send

PORT = 47100
SIZE = 8 << 20
BOTH = {("tcp", PORT), ("udp", PORT)}
SYMMETRIC = "random,fully-random"
# miniupnpd maps nothing to an address reserved for documentation, which the lab's are.
INTERNET = ipaddress.ip_network("25.64.0.0/16")
ELSEWHERE = "25.128.0.1"


class PortmapTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab())
        self.lab.internet.free = INTERNET.subnets(new_prefix=29)
        self.server = Rendezvous(self.lab.public_host("server"), self.programs, self.folder)

    def person(self, name, router):
        return Person(name, router.host(name), self.programs, self.folder, self.server)

    def network(self, person, *options):
        (line,) = person.do("network", "--json", *options).events()
        return line

    def test_each_language_alone_maps_and_takes_back(self):
        for languages in (("upnp",), ("nat-pmp",), ("pcp",)):
            with self.subTest(language=languages[0]):
                home = self.lab.router(f"home-{languages[0]}", flags=SYMMETRIC)
                router = Miniupnpd(home, self.folder, languages)
                alice = self.person(f"alice-{languages[0]}", home)
                network = self.network(alice)
                self.assertEqual(network["portmap"], languages[0], router.log.read_text())
                self.assertTrue(network["public"], network)
                self.assertEqual(router.mappings(), set(), "not taken back")

    def test_who_wins_the_race_maps_once_and_takes_back_by_a_signal(self):
        home = self.lab.router("home", flags=SYMMETRIC)
        router = Miniupnpd(home, self.folder)
        alice = self.person("alice", home)
        receiving = alice.start("receive", "--into", self.folder / "into", "--accept", "contacts")
        self.await_mappings(router, BOTH)
        receiving.stop()
        self.assertEqual(router.mappings(), set(), router.log.read_text())

    def await_mappings(self, router, wanted):
        deadline = time.monotonic() + 20
        while router.mappings() != wanted:
            self.assertLess(time.monotonic(), deadline, router.log.read_text())
            time.sleep(0.05)

    def test_no_router_no_mapping(self):
        home = self.lab.router("home")
        self.assertEqual(self.network(self.person("alice", home))["portmap"], "none")

    def test_it_can_be_switched_off(self):
        home = self.lab.router("home")
        router = Miniupnpd(home, self.folder)
        alice = self.person("alice", home)
        self.assertEqual(self.network(alice, "--no-portmap")["portmap"], "none")
        self.assertNotIn("request", router.log.read_text())

    def test_a_router_behind_another_nat_does_not_make_us_public(self):
        home = self.lab.router("home")
        Miniupnpd(home, self.folder, ext_ip=ELSEWHERE)
        drop = "table inet outer { chain pre { type filter hook prerouting priority -400; " \
               f"iifname wan th dport {PORT} drop; }}; }}"
        home.nft(drop.replace("; ", "\n").replace("{ ", "{\n"))
        network = self.network(self.person("alice", home))
        self.assertNotEqual(network["portmap"], "none")
        self.assertFalse(network["public"], network)

    def test_a_mapping_makes_two_symmetric_homes_meet_by_tcp(self):
        one = self.lab.router("one", flags=SYMMETRIC)
        two = self.lab.router("two", flags=SYMMETRIC)
        Miniupnpd(two, self.folder)
        alice, bob = self.person("alice", one), self.person("bob", two)
        alice.befriend(bob)
        alice.do("network")  # a router that gives new ports is measured before the first offer
        self.assert_sends_by_tcp(alice, bob)

    def assert_sends_by_tcp(self, sender, receiver):
        source = random_file(self.folder / "file.bin", SIZE)
        sending, receiving, into = send(sender, receiver, source)
        words = sending.words() + receiving.words()
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        for run in (sending, receiving):
            path = run.event("path")
            self.assertEqual(path["kind"], "tcp", words)
            print(f"    {run.name}: {path['strategy']} {path['local']} - {path['remote']}, "
                  f"{path['elapsed_ms']} ms", flush=True)
        self.assertEqual(digest(into / "file.bin"), digest(source))


if __name__ == "__main__":
    skip_unless_possible()
    if reason := gateway.why_not():
        print(f"SKIPPED: {reason}")
        sys.exit(0)
    PortmapTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
