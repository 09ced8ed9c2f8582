#!/usr/bin/env python3
"""What `postern-cli network` says of routers of every kind, against what they are. Argument: the
folder of the programs."""

import itertools
import json
import pathlib
import sys
import tempfile
import unittest

from lab import Lab, skip_unless_possible
from people import Person, Rendezvous

ROUND_TRIP_MS = 10
MAPPING = {"EIM": "endpoint-independent", "ADM": "address-dependent",
           "APDM": "address-and-port-dependent"}
FILTERING = {"EIF": "endpoint-independent", "ADF": "address-dependent",
             "APDF": "address-and-port-dependent"}
CLASSES = {"EIF": "full cone", "ADF": "restricted cone", "APDF": "port restricted cone"}


def rows():
    """Each: (name, a userspace router's options, what must be said of it)."""
    for mapping, filtering in itertools.product(MAPPING, FILTERING):
        yield (f"{mapping}-{filtering}",
               {"mapping": mapping, "filtering": filtering, "allocation": "random"},
               {"class": CLASSES[filtering] if mapping == "EIM" else "symmetric", "depth": 1,
                "udp": {"mapping": MAPPING[mapping], "filtering": FILTERING[filtering]}})
    for delta in (1, 2, -1):
        yield (f"sequential-{delta}".replace("--", "-down-"),
               {"mapping": "APDM", "allocation": "sequential", "delta": delta},
               {"udp": {"allocation": "sequential", "delta": delta}})
    yield ("random", {"mapping": "APDM", "allocation": "random"}, {"udp": {"allocation": "random"}})
    yield ("block", {"mapping": "APDM", "allocation": "block", "block_size": 512},
           {"udp": {"allocation": "block"}})
    yield ("hairpin", {"mapping": "EIM", "hairpin": True}, {"udp": {"hairpin": True,
                                                                    "allocation": "preserve"}})
    yield ("no-hairpin", {"mapping": "EIM"}, {"udp": {"hairpin": False}})
    yield ("no-udp", {"passes_udp": False}, {"class": "blocked"})


class NetworkTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab(self.programs, delay_ms=ROUND_TRIP_MS / 2))
        self.server = Rendezvous(self.lab.public_host("server", addresses=2), self.programs,
                                 self.folder)

    def person(self, name, host):
        return Person(name, host, self.programs, self.folder, self.server)

    def assert_says(self, run, wanted):
        said = json.loads(run.out.read_text())
        for key, value in wanted.items():
            if isinstance(value, dict):
                self.assertEqual({k: said[key][k] for k in value}, value, run.words())
            else:
                self.assertEqual(said[key], value, run.words())

    def test_userspace_routers(self):
        runs = {}
        for name, options, wanted in rows():
            home = self.lab.user_router(name, **options)
            person = self.person(name.lower(), home.host(f"in-{name}"))
            runs[name] = (person.start("network", "--json"), wanted)
        for name, (run, wanted) in runs.items():
            with self.subTest(router=name):
                run.wait()
                self.assert_says(run, wanted)


if __name__ == "__main__":
    skip_unless_possible(tun=True)
    NetworkTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
