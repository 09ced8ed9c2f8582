#!/usr/bin/env python3
"""tun_internet by plain sockets: its NATs must be what the table of NAT classes says of them,
for the programs that are tried behind them. Argument: the folder of the programs."""

import pathlib
import sys
import time
import unittest

from lab import Lab, skip_unless_possible
from sockets import LONG, PORT, SHORT, Socket

DELAY_MS = 5

# By filtering: does a packet from (the same address and another port, another address) come in?
FILTERING = {"EIF": (True, True), "ADF": (True, False), "APDF": (False, False)}
# By mapping: is it new toward (the same address and another port, another address)?
MAPPING = {"EIM": (False, False), "ADM": (False, True), "APDM": (True, True)}


class UserNatTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.lab = self.enterContext(Lab(self.programs, delay_ms=DELAY_MS))
        self.sockets = []

    def tearDown(self):
        for socket in self.sockets:
            socket.close()

    def socket(self, host, port=PORT):
        self.sockets.append(Socket(host, port))
        return self.sockets[-1]

    def mapping_seen_by(self, server, inner, port=PORT):
        inner.send("here", server.host.address, port)
        words, address, port = server.hear()
        self.assertEqual(words, "here")
        return address, port

    def servers(self):
        """A server's two ports, and another server."""
        host = self.lab.public_host("server")
        return (self.socket(host), self.socket(host, PORT + 1),
                self.socket(self.lab.public_host("other")))

    def test_mapping_and_filtering(self):
        server, other_port, other = self.servers()
        strangers = (self.socket(server.host, PORT + 2),
                     self.socket(self.lab.public_host("stranger")))
        for mapping, renews in MAPPING.items():
            for filtering, lets_in in FILTERING.items():
                with self.subTest(mapping=mapping, filtering=filtering):
                    home = self.lab.user_router(mapping + filtering, mapping=mapping,
                                                filtering=filtering, allocation="random")
                    inner = self.socket(home.host(f"in{mapping}{filtering}"))
                    address, port = self.mapping_seen_by(server, inner)
                    self.assertEqual(address, home.address)
                    seen = (self.mapping_seen_by(other_port, inner, PORT + 1)[1],
                            self.mapping_seen_by(other, inner)[1])
                    self.assertEqual(tuple(p != port for p in seen), renews)
                    for stranger, gets_in in zip(strangers, lets_in):
                        stranger.send("unasked", address, port)
                        heard = inner.hear(LONG if gets_in else SHORT)
                        self.assertEqual(heard is not None, gets_in, stranger.host.name)

    def ports_of(self, **nat):
        """Of three mappings that one socket gets."""
        server, other_port, other = self.all_servers
        home = self.lab.user_router(f"home{len(self.sockets)}", mapping="APDM", **nat)
        inner = self.socket(home.host(f"inner{len(self.sockets)}"))
        return [self.mapping_seen_by(server, inner)[1],
                self.mapping_seen_by(other_port, inner, PORT + 1)[1],
                self.mapping_seen_by(other, inner)[1]]

    def test_allocation(self):
        self.all_servers = self.servers()
        for delta in (1, 2, -1):
            with self.subTest(delta=delta):
                ports = self.ports_of(allocation="sequential", delta=delta)
                self.assertEqual(ports, [ports[0], ports[0] + delta, ports[0] + 2 * delta])
        with self.subTest("block"):
            ports = self.ports_of(allocation="block", block_size=64)
            self.assertEqual(len(set(ports)), 3)
            self.assertLess(max(ports) - min(ports), 64)

    def test_a_preserving_nat_keeps_the_port(self):
        server, _, _ = self.servers()
        home = self.lab.user_router("home", mapping="EIM")
        inner = self.socket(home.host("inner"))
        self.assertEqual(self.mapping_seen_by(server, inner), (home.address, PORT))

    def test_each_way_takes_its_time(self):
        server, _, _ = self.servers()
        inner = self.socket(self.lab.user_router("home", mapping="EIM").host("inner"))
        began = time.monotonic()
        server.send("answer", *self.mapping_seen_by(server, inner))
        self.assertEqual(inner.hear()[0], "answer")
        self.assertGreaterEqual(time.monotonic() - began, 2 * DELAY_MS / 1000)

    def test_a_probe_that_dies_on_the_way_opens_its_own_nat_only(self):
        homes = [self.lab.user_router(f"home{i}", mapping="EIM") for i in (1, 2)]
        a, b = (self.socket(home.host(f"host{i}")) for i, home in enumerate(homes))
        a.send("opener", homes[1].address, ttl=2) # home router 1, the internet 2
        b.send("knock", homes[0].address)
        self.assertEqual(a.hear(), ["knock", homes[1].address, PORT])
        a.send("answer", homes[1].address, ttl=64)
        self.assertEqual(b.hear(), ["answer", homes[0].address, PORT])

    def test_hairpin_only_where_it_is_on(self):
        server, _, _ = self.servers()
        for hairpin in (True, False):
            with self.subTest(hairpin=hairpin):
                home = self.lab.user_router(f"home{hairpin}", mapping="EIM", filtering="EIF",
                                            hairpin=hairpin)
                a = self.socket(home.host(f"a{hairpin}"))
                b = self.socket(home.host(f"b{hairpin}"), PORT + 7)
                address, port = self.mapping_seen_by(server, b)
                a.send("round the corner", address, port)
                self.assertEqual(b.hear(LONG if hairpin else SHORT) is not None, hairpin)

    def test_neighbours_see_each_other_without_the_router(self):
        home = self.lab.user_router("home", mapping="APDM", allocation="random")
        a, b = self.socket(home.host("a")), self.socket(home.host("b"))
        a.send("hello", b.host.address)
        self.assertEqual(b.hear(), ["hello", a.host.address, PORT])

    def test_nats_nest_in_every_combination(self):
        server, _, _ = self.servers()
        kernel, user = self.lab.router("kernel"), self.lab.user_router("user", mapping="EIM")
        homes = [kernel.user_router("ku", mapping="EIM"), kernel.router("kk"),
                 user.user_router("uu", mapping="EIM"), user.router("uk")]
        for outer, home in zip((kernel, kernel, user, user), homes):
            with self.subTest(home=home.name):
                inner = self.socket(home.host(f"in-{home.name}"))
                address, port = self.mapping_seen_by(server, inner)
                self.assertEqual(address, outer.address)
                server.send("answer", address, port)
                self.assertEqual(inner.hear()[0], "answer")

    def test_a_kernel_router_maps_as_it_does_without_delay(self):
        server, other_port, _ = self.servers()
        home = self.lab.router("home")
        inner = self.socket(home.host("inner"))
        self.assertEqual(self.mapping_seen_by(server, inner), (home.address, PORT))
        other_port.send("unasked", home.address)
        self.assertIsNone(inner.hear(SHORT))

    def test_blocked_udp_does_not_pass(self):
        server, _, _ = self.servers()
        for home in (self.lab.router("kernel", passes_udp=False),
                     self.lab.user_router("user", passes_udp=False)):
            with self.subTest(home=home.name):
                inner = self.socket(home.host(f"in-{home.name}"))
                inner.send("lost", server.host.address)
                self.assertIsNone(server.hear(SHORT))

    def test_the_kernels_full_cone_lets_anyone_in(self):
        server, other_port, other = self.servers()
        home = self.lab.router("home", full_cone=True)
        inner = self.socket(home.host("inner"))
        self.assertEqual(self.mapping_seen_by(server, inner), (home.address, PORT))
        for stranger in (other_port, other):
            stranger.send("unasked", home.address)
            self.assertEqual(inner.hear()[0], "unasked")

    def test_tcp_passes_with_right_checksums(self):
        server = self.lab.public_host("server")
        homes = {"user": self.lab.user_router("user", mapping="APDM", allocation="random"),
                 "nested": self.lab.router("outer").user_router("nested", mapping="EIM")}
        serving = server.start(sys.executable, "-m", "http.server", "8000", stdout=-3, stderr=-3)
        for name, home in homes.items():
            with self.subTest(home=name):
                host = home.host(f"in-{name}")
                page = host.run(sys.executable, "-c", FETCH, server.address)
                self.assertIn("Directory listing", page)
        serving.kill()

    def test_refusals_are_told_as_asked(self):
        visitor = self.lab.public_host("visitor")
        for refusal, error in (("silence", "timed out"), ("icmp", "refused"),
                               ("reset", "refused")):
            with self.subTest(refusal=refusal):
                home = self.lab.user_router(refusal, refusal=refusal)
                said = visitor.run(sys.executable, "-c", DIAL, home.address)
                self.assertIn(error, said)


FETCH = """
import sys, time, urllib.request
for _ in range(50):
    try:
        print(urllib.request.urlopen(f"http://{sys.argv[1]}:8000", timeout=10).read().decode())
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
"""
DIAL = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=1)
except OSError as error:
    print(error)
"""

if __name__ == "__main__":
    skip_unless_possible(tun=True)
    UserNatTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
