#!/usr/bin/env python3
"""`postern-cli network --json` behind the kernel's own NATs, nested ones and none; and beside
coturn's turnutils_natdiscovery, which must say the same. The other NATs: network_test.py.
Argument: the folder of the programs."""

import json
import pathlib
import re
import shutil
import sys
import tempfile
import time
import unittest

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous, Run

DELAY_MS = 10


class KernelNetworkTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.lab = self.enterContext(Lab(self.programs, delay_ms=DELAY_MS))
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        host = self.lab.public_host("server", addresses=2)
        self.server = Rendezvous(host, self.programs, self.folder)

    def network(self, host):
        """What a person at that machine is told."""
        person = Person(host.name.lower(), host, self.programs, self.folder, self.server)
        run = person.do("network", "--json")
        network = json.loads(run.out.read_text())
        return network, network["udp"], json.dumps(network, indent=1)

    def test_the_kernels_nat(self):
        for name, expected, options in (
                ("masquerade", ("endpoint-independent", "address-and-port-dependent", "preserve",
                                "port restricted cone"), {"drops_unsolicited": True}),
                ("random", ("address-and-port-dependent", "address-and-port-dependent", "random",
                            "symmetric"), {"flags": "random,fully-random"}),
                ("cone", ("endpoint-independent", "endpoint-independent", "preserve", "full cone"),
                 {"full_cone": True})):
            with self.subTest(name):
                home = self.lab.router(name, **options)
                network, udp, story = self.network(home.host(f"h{name}"))
                self.assertEqual((udp["mapping"], udp["filtering"], udp["allocation"],
                                  network["class"]), expected, story)

    def test_nested_routers(self):
        carrier = self.lab.user_router("carrier", mapping="EIM", filtering="APDF")
        network, _, story = self.network(carrier.router("inner").host("nested"))
        self.assertEqual((network["class"], network["depth"]), ("port restricted cone", 2), story)

    def test_public_and_blocked(self):
        network, udp, story = self.network(self.lab.public_host("open"))
        self.assertEqual((network["class"], network["depth"]), ("public", 0), story)
        self.assertTrue(network["public"], story)
        shut = self.lab.user_router("shut", passes_udp=False)
        network, udp, story = self.network(shut.host("inner"))
        self.assertEqual((network["class"], udp["passes"]), ("blocked", False), story)
        self.assertEqual(network["tcp"]["mapping"], "endpoint-independent", story)

    def await_listening(self, server, ports, addresses):
        """turnutils_natdiscovery asks each question once."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not server.poll():
            sockets = pathlib.Path(f"/proc/{server.process.pid}/net/udp").read_text()
            if all(sockets.count(f":{port:04X} ") >= addresses for port in ports):
                return
            time.sleep(0.05)
        self.fail(f"coturn does not listen\n{server.words()}")

    @unittest.skipUnless(shutil.which("turnserver") and shutil.which("turnutils_natdiscovery"),
                         "coturn is not installed")
    def test_agrees_with_turnutils_natdiscovery(self):
        coturn = self.lab.public_host("coturn", addresses=2)
        first, second = coturn.addresses
        server = Run(coturn, self.folder, "coturn", "turnserver", "-n", "--no-auth", "--no-tls",
                     "--no-dtls", "--no-cli", "-L", first, "-L", second, "-p", "3478",
                     "--alt-listening-port", "3479", "--pidfile", self.folder / "coturn.pid",
                     "--log-file", "stdout", "--no-multicast-peers")
        try:
            self.await_listening(server, (3478, 3479), len(coturn.addresses))
            for mapping, filtering in (("EIM", "EIF"), ("EIM", "ADF"), ("EIM", "APDF"),
                                       ("APDM", "APDF")):
                with self.subTest(mapping=mapping, filtering=filtering):
                    home = self.lab.user_router(f"c{mapping}{filtering}", mapping=mapping,
                                                filtering=filtering, allocation="random")
                    host = home.host(f"t{mapping}{filtering}")
                    theirs = Run(host, self.folder, f"natdiscovery-{host.name}",
                                 "turnutils_natdiscovery", "-m", "-f", first).wait()
                    _, udp, story = self.network(host)
                    said = theirs.words()
                    for what in ("mapping", "filtering"):
                        found = re.search(rf"NAT with ([\w\s,-]*?) {what}", said, re.IGNORECASE)
                        self.assertTrue(found, said)
                        word = found[1].lower().replace(" and ", "-and-").replace(" ", "-")
                        self.assertEqual(udp[what], word, said + story)
        finally:
            server.stop()


if __name__ == "__main__":
    skip_unless_possible(tun=True)
    KernelNetworkTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
