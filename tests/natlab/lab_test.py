#!/usr/bin/env python3
"""The laboratory itself, by plain sockets: it must be the network that the tests of paths
believe in, and its NAT must set the traps that are told of real ones."""

import sys
import unittest

from lab import Lab, skip_unless_possible
from sockets import PORT, SHORT, Socket


class LabTest(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(Lab())
        self.sockets = []

    def tearDown(self):
        for socket in self.sockets:
            socket.close()

    def socket(self, host, port=PORT):
        self.sockets.append(Socket(host, port))
        return self.sockets[-1]

    def mapping_seen_by(self, server, inner):
        inner.send("here", server.host.address)
        words, address, port = server.hear()
        self.assertEqual(words, "here")
        return address, port

    def two_homes(self, **options):
        self.homes = [self.lab.router("home1", **options), self.lab.router("home2", **options)]
        self.server = self.socket(self.lab.public_host("server"))
        self.a = self.socket(self.homes[0].host("a"))
        self.b = self.socket(self.homes[1].host("b"))
        self.assertEqual(self.mapping_seen_by(self.server, self.a), (self.homes[0].address, PORT))
        self.assertEqual(self.mapping_seen_by(self.server, self.b), (self.homes[1].address, PORT))

    def test_everybody_reaches_the_public_host(self):
        server = self.socket(self.lab.public_host("server"))
        home = self.lab.router("home")
        other = self.lab.public_host("other")
        for host, seen in ((home.host("inside"), home.address), (other, other.address)):
            self.assertEqual(self.mapping_seen_by(server, self.socket(host)), (seen, PORT))

    def test_neighbours_see_each_other_without_the_router(self):
        home = self.lab.router("home")
        a, b = self.socket(home.host("a")), self.socket(home.host("b"))
        a.send("hello", b.host.address)
        self.assertEqual(b.hear(), ["hello", a.host.address, PORT])

    def test_a_private_address_is_unknown_outside(self):
        self.two_homes()
        self.server.send("psst", self.a.host.address)
        self.assertIsNone(self.a.hear(SHORT))

    def test_masquerade_maps_by_port_and_filters_strangers(self):
        self.two_homes()
        stranger = self.socket(self.lab.public_host("stranger"))
        # Endpoint-independent mapping: another destination sees the same port ...
        self.assertEqual(self.mapping_seen_by(stranger, self.a), (self.homes[0].address, PORT))
        stranger.send("answer", self.homes[0].address)
        self.assertEqual(self.a.hear(), ["answer", stranger.host.address, PORT])
        # ... and port-dependent filtering: another port of the same host stays outside.
        self.socket(stranger.host, PORT + 1).send("unasked", self.homes[0].address)
        self.assertIsNone(self.a.hear(SHORT))

    def test_random_masquerade_is_symmetric(self):
        home = self.lab.router("home", flags="random,fully-random")
        server = self.socket(self.lab.public_host("server"))
        other = self.socket(self.lab.public_host("other"))
        inner = self.socket(home.host("inner"))
        ports = {self.mapping_seen_by(server, inner)[1], self.mapping_seen_by(other, inner)[1]}
        self.assertEqual(len(ports), 2)

    def test_an_early_probe_poisons_the_mapping(self):
        self.two_homes()
        stranger = self.socket(self.lab.public_host("stranger"))
        stranger.send("too early", self.homes[0].address)
        self.assertIsNone(self.a.hear(SHORT))
        _, port = self.mapping_seen_by(stranger, self.a)
        self.assertNotEqual(port, PORT, "the router kept the port in spite of the entry")

    def test_early_probes_strand_both_sides_in_either_order(self):
        self.two_homes()
        for port, (early, late), home in ((50000, (self.a, self.b), self.homes),
                                          (50001, (self.b, self.a), self.homes[::-1])):
            with self.subTest(early=early.host.name):
                early, late = self.socket(early.host, port), self.socket(late.host, port)
                early.send("too early", home[1].address, port)
                self.assertIsNone(late.hear(SHORT))
                late.send("late", home[0].address, port)
                self.assertIsNone(early.hear(SHORT))
                early.send("again", home[1].address, port)
                self.assertIsNone(late.hear(SHORT))

    def test_a_probe_that_dies_on_the_way_does_not_poison(self):
        self.two_homes()
        # Home router 1, middle 2: it opens the own router's filter and dies in the middle.
        self.a.send("opener", self.homes[1].address, ttl=2)
        self.b.send("knock", self.homes[0].address, ttl=64)
        self.assertEqual(self.a.hear(), ["knock", self.homes[1].address, PORT])
        self.a.send("answer", self.homes[1].address, ttl=64)
        self.assertEqual(self.b.hear(), ["answer", self.homes[0].address, PORT])

    def test_a_router_that_drops_in_silence_is_not_poisoned(self):
        self.two_homes(drops_unsolicited=True)
        self.a.send("too early", self.homes[1].address)
        self.assertIsNone(self.b.hear(SHORT))
        self.b.send("late", self.homes[0].address)
        self.assertEqual(self.a.hear(), ["late", self.homes[1].address, PORT])


if __name__ == "__main__":
    skip_unless_possible()
    unittest.main(argv=sys.argv[:1], verbosity=2)
