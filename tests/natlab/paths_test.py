#!/usr/bin/env python3
"""Real programs through real kernel NAT: which kind of path is found, and that the file
arrives whole on it. Argument: the folder of the programs."""

import pathlib
import sys
import tempfile
import unittest

from lab import Host, Lab, skip_unless_possible
from people import Person, Rendezvous, digest, random_file, send

MIB = 1 << 20
SIZE = 8 * MIB


class PathsTest(unittest.TestCase):
    programs = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lab = self.enterContext(Lab())
        self.server = Rendezvous(self.lab.public_host("server"), self.programs, self.folder)

    def people(self, alice_host, bob_host):
        alice = Person("alice", alice_host, self.programs, self.folder, self.server)
        bob = Person("bob", bob_host, self.programs, self.folder, self.server)
        alice.befriend(bob)
        return alice, bob

    def assert_sends(self, sender, receiver, kind, *options):
        source = random_file(self.folder / "file.bin", SIZE)
        sending, receiving, into = send(sender, receiver, source, *options)
        words = sending.words() + receiving.words()
        self.assertEqual((sending.code, receiving.code), (0, 0), words)
        for run in (sending, receiving):
            path, done = run.event("path"), run.event("done")
            self.assertEqual(path["kind"], kind, words)
            self.assertEqual((done["status"], done["bytes"]), ("verified", SIZE), words)
            print(f"    {run.name}: {path['strategy']} {path['local']} - {path['remote']}, "
                  f"{path['elapsed_ms']} ms", flush=True)
        self.assertEqual(digest(into / "file.bin"), digest(source))

    def assert_both_send(self, alice, bob, kind):
        for sender, receiver in ((alice, bob), (bob, alice)):
            with self.subTest(sender=sender.name):
                self.assert_sends(sender, receiver, kind)

    def test_two_masqueraded_homes_meet_by_udp(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        self.assert_both_send(*self.people(one.host("alice"), two.host("bob")), "udp")

    def test_two_homes_that_drop_in_silence_meet_by_udp(self):
        one = self.lab.router("one", drops_unsolicited=True)
        two = self.lab.router("two", drops_unsolicited=True)
        self.assert_both_send(*self.people(one.host("alice"), two.host("bob")), "udp")

    def test_a_home_that_drops_and_one_that_answers_meet_by_udp(self):
        one, two = self.lab.router("one", drops_unsolicited=True), self.lab.router("two")
        self.assert_both_send(*self.people(one.host("alice"), two.host("bob")), "udp")

    def test_one_public_side_is_reached_by_tcp(self):
        home = self.lab.router("home")
        self.assert_both_send(
            *self.people(self.lab.public_host("alice"), home.host("bob")), "tcp")

    def test_the_other_side_public_is_reached_by_tcp(self):
        home = self.lab.router("home")
        self.assert_both_send(
            *self.people(home.host("alice"), self.lab.public_host("bob")), "tcp")

    def test_one_lan_is_not_left(self):
        home = self.lab.router("home")
        alice, bob = self.people(home.host("alice"), home.host("bob"))
        for person in (alice, bob):  # the second at one router gets another port: learnt once
            person.do("network")
        self.assert_both_send(alice, bob, "lan")

    def test_udp_can_be_asked_for(self):
        home = self.lab.router("home")
        alice, bob = self.people(self.lab.public_host("alice"), home.host("bob"))
        self.assert_sends(alice, bob, "udp", "--path", "udp")

    def test_frames_are_as_large_as_both_ends_take(self):
        base = self.folder
        for mtus, least, most in (((9000, 9000), 5000, 9014), ((9000, 1500), 1000, 1514),
                                  ((1500, 9000), 1000, 1514)):
            with self.subTest(mtus=mtus), Lab() as lab:
                near, far = Host(lab, "near"), Host(lab, "far")
                near.connect(far, "eth0", "eth0", "198.51.100.1/24", "198.51.100.2/24")
                for host, mtu, address in zip((near, far), mtus, ("198.51.100.1", "198.51.100.2")):
                    host.set_mtu("eth0", mtu)
                    host.address, host.addresses = address, [address]
                self.folder = base / "-".join(map(str, mtus))
                self.folder.mkdir()
                self.server = Rendezvous(near, self.programs, self.folder)
                near.split_runs("eth0")
                self.assert_sends(*self.people(near, far), "udp", "--path", "udp")
                average = near.bytes_of_a_frame("eth0")
                print(f"    {average:.0f} bytes a frame", flush=True)
                self.assertTrue(least < average <= most, average)

    def test_no_path_is_said_where_none_is_allowed(self):
        one, two = self.lab.router("one"), self.lab.router("two")
        alice, bob = self.people(one.host("alice"), two.host("bob"))
        source = random_file(self.folder / "file.bin", MIB)
        sending, _, into = send(alice, bob, source, "--path", "lan")
        self.assertEqual(sending.code, 6, sending.words())
        self.assertEqual(sending.event("failed")["reason"], "no-path", sending.words())
        self.assertFalse((into / "file.bin").exists())


if __name__ == "__main__":
    skip_unless_possible()
    PathsTest.programs = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
