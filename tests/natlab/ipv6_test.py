#!/usr/bin/env python3
"""Real programs with IPv6 beside IPv4. IPv4 gives every destination a port of its own on both sides,
which leads to a relay; IPv6 passes the kernel's stateful firewalls, and is taken. Where one side
lacks it, IPv4 it is. Argument: the folder of the programs."""

import ipaddress
import pathlib
import sys
import tempfile
import unittest

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file, send
from sockets import PORT, SHORT, Socket

SIZE = 12 << 20
RATE = "4M" # a relay carries it until there is a direct path
SYMMETRIC = "random,fully-random"


class Ipv6Test(unittest.TestCase):
    programs = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab())

    def rendezvous(self, ipv6=False):
        self.server = Rendezvous(self.lab.public_host("server", ipv6=True), self.programs,
                                 self.folder, ipv6)

    def people(self, one, two):
        alice = Person("alice", one.host("alice"), self.programs, self.folder, self.server)
        bob = Person("bob", two.host("bob"), self.programs, self.folder, self.server)
        alice.befriend(bob)
        return alice, bob

    def assert_sends(self, sender, receiver, kind, version, *options):
        source = random_file(self.folder / "file.bin", SIZE)
        sending, receiving, into = send(sender, receiver, source, "--limit", RATE, *options)
        words = sending.words() + receiving.words()
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        for run in (sending, receiving):
            path = run.event("path") # the last: a relay may have begun
            self.assertEqual(path["kind"], kind, words)
            remote = ipaddress.ip_address(path["remote"].rpartition(":")[0].strip("[]"))
            self.assertEqual(remote.version, version, words)
            print(f"    {run.name}: {path['strategy']} {path['local']} - {path['remote']}, "
                  f"{path['elapsed_ms']} ms", flush=True)
        self.assertEqual(digest(into / "file.bin"), digest(source))

    def assert_both_send(self, people, kind, version, *options):
        for sender, receiver in (people, people[::-1]):
            with self.subTest(sender=sender.name):
                self.assert_sends(sender, receiver, kind, version, *options)

    def homes(self, one="firewall", two="firewall", **options):
        options = {"flags": SYMMETRIC, **options}
        return (self.lab.router("one", ipv6=one, **options),
                self.lab.router("two", ipv6=two, **options))

    def test_the_firewall_lets_in_answers_only(self):
        """The trap is real: a stranger's packet does not come in, an answer does."""
        home = self.homes()[0]
        inner = Socket(home.host("inner"), PORT, ipv6=True)
        stranger = Socket(self.lab.public_host("stranger", ipv6=True), PORT, ipv6=True)
        stranger.send("unasked", inner.host.address_v6)
        self.assertIsNone(inner.hear(SHORT))
        inner.send("hello", stranger.host.address_v6)
        self.assertEqual(stranger.hear(), ["hello", inner.host.address_v6, PORT])
        stranger.send("answer", inner.host.address_v6)
        self.assertEqual(inner.hear()[0], "answer")
        for socket in (inner, stranger):
            socket.close()

    def test_both_behind_firewalls_meet_by_udp(self):
        self.rendezvous()
        self.assert_both_send(self.people(*self.homes()), "udp", 6)

    def test_both_behind_firewalls_meet_by_tcp(self):
        self.rendezvous()
        self.assert_both_send(self.people(*self.homes()), "tcp", 6, "--path", "tcp")

    def test_one_side_without_a_firewall_is_dialled(self):
        self.rendezvous()
        self.assert_both_send(self.people(*self.homes(two="open")), "tcp", 6)

    def test_ipv6_on_one_side_only(self):
        self.rendezvous()
        self.assert_both_send(self.people(*self.homes(two=None, flags="")), "udp", 4)

    def test_a_rendezvous_that_has_ipv6_only(self):
        self.rendezvous(ipv6=True)
        self.assert_both_send(self.people(*self.homes()), "udp", 6)


if __name__ == "__main__":
    skip_unless_possible()
    Ipv6Test.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
