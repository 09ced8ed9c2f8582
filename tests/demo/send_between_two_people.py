#!/usr/bin/env python3
"""What ./dev run does without a display: the main job, with the command line, on this machine.

A rendezvous in a folder of its own, two people who register and become contacts, and real files
that go from one to the other: this repository's sources and a file of 1 GiB. What arrived is then
compared, by SHA-256, by this script and not by Postern. Everything is removed at the end.

Usage: send_between_two_people.py FOLDER_OF_PROGRAMS [--size MIB] [--path auto|lan|tcp|udp] [--keep]
"""

import argparse
import contextlib
import hashlib
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
GIVE_UP_AFTER = 30  # seconds; for what takes a fraction of one


def say(text):
    print(f"\n-- {text}", flush=True)


class Failed(Exception):
    """A step did not work; the text says which."""


class Person:
    """One of the two: a profile, a password, and postern-cli in their name."""

    def __init__(self, programs, folder, name):
        self.name, self.cli = name, programs / "postern-cli"
        self.profile = folder / name / "profile"
        self.password_file = folder / name / "password"
        self.profile.mkdir(parents=True)
        descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18) + "\n")

    def command(self, *words):
        # The profile lives a minute, so its key goes to a file in it and not to the keychain.
        return [self.cli, "--profile", self.profile, "--secrets", "file", *words]

    def run(self, *words):
        print(f"   {self.name}$ postern-cli {shlex.join(map(str, words))}", flush=True)
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise Failed(f"postern-cli {words[0]} ended with {done.returncode}")

    def sees(self, name):
        listed = subprocess.run(self.command("peers", "--json"), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, check=False)
        peers = [json.loads(line) for line in listed.stdout.splitlines()]
        return any(peer["name"] == name and peer["receiving"] for peer in peers)


@contextlib.contextmanager
def running(command, **options):
    """A process that is ended, gently first, when the block is left."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GIVE_UP_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()


def ready_address(rendezvous):
    """The address the rendezvous tells on its first line."""
    watchdog = threading.Timer(GIVE_UP_AFTER, rendezvous.kill)
    watchdog.start()
    line = rendezvous.stdout.readline()
    watchdog.cancel()
    if not line:
        raise Failed("postern-rendezvous did not start")
    ready = json.loads(line)
    if ready.get("event") != "ready":
        raise Failed(f"postern-rendezvous said {line.strip()}")
    return ready["address"]


def make_files(folder, mebibytes):
    """The repository's sources as git knows them, and a large file that nothing can compress."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True)
    sources = folder / "postern sources"
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, sources / name)
    with open(folder / "large.bin", "wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MIB))


def contents(folder):
    """Relative path -> (SHA-256, executable?) of every file; folders are told by None."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[name] = None
            continue
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(4 * MIB):
                digest.update(chunk)
        found[name] = (digest.hexdigest(), os.access(path, os.X_OK))
    return found


def compare(sent, received):
    left, right = contents(sent), contents(received)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name, "missing") != right.get(name, "missing"):
            raise Failed(f"{name} differs after the transfer")
    files = [value for value in left.values() if value]
    print(f"   {len(files)} files and {len(left) - len(files)} folders: every SHA-256 is the same")


def wait_until(condition, what):
    deadline = time.monotonic() + GIVE_UP_AFTER
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not happen in {GIVE_UP_AFTER} s")
        time.sleep(0.1)


def demonstrate(programs, folder, options):
    needed = 2 * options.size * MIB + 200 * MIB
    if shutil.disk_usage(folder).free < needed:
        raise Failed(f"{folder} has less than {needed // MIB} MiB free; set TMPDIR to a larger disk")
    say(f"a folder of real files: this repository and {options.size} MiB of random bytes")
    outgoing, incoming = folder / "outgoing", folder / "incoming"
    outgoing.mkdir()
    incoming.mkdir()
    make_files(outgoing, options.size)

    say("a rendezvous on this machine")
    log = open(folder / "rendezvous.log", "w", encoding="utf-8")
    serve = [programs / "postern-rendezvous", "serve", "--data", folder / "rendezvous",
             "--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0"]
    with log, running(serve, stdout=subprocess.PIPE, stderr=log, text=True) as rendezvous:
        address = ready_address(rendezvous)
        print(f"   {address}")

        say("Anna and Bo register and become contacts")
        anna, bo = (Person(programs, folder, name) for name in ("anna", "bo"))
        for person in (anna, bo):
            person.run("register", "--server", address, "--user", person.name,
                       "--password-file", person.password_file)
        anna.run("contacts", "add", "bo")
        bo.run("contacts", "accept", "anna")

        say("Bo receives, Anna sends")
        receive = bo.command("receive", "--into", incoming, "--accept", "contacts", "--count", "1")
        with open(folder / "receive.log", "w+", encoding="utf-8") as heard, \
                running(receive, stdout=heard, stderr=subprocess.STDOUT) as receiver:
            wait_until(lambda: receiver.poll() is not None or anna.sees("bo"), "Bo being online")
            anna.run("send", *sorted(outgoing.iterdir()), "--to", "bo", "--path", options.path)
            wait_until(lambda: receiver.poll() is not None, "the end of Bo's postern-cli")
            heard.seek(0)
            print("   and Bo's postern-cli said:")
            print("".join(f"   {line}\n" for line in heard.read().splitlines()[-3:]), end="")
            if receiver.returncode != 0:
                raise Failed(f"postern-cli receive ended with {receiver.returncode}")

        say("what arrived, compared by this script")
        compare(outgoing, incoming)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the large file")
    parser.add_argument("--path", default="auto", choices=["auto", "lan", "tcp", "udp"])
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="postern-run-"))
    try:
        demonstrate(options.programs.resolve(), folder, options)
    except (Failed, OSError, KeyError, json.JSONDecodeError) as problem:
        print(f"\nThis did not work: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep:
            print(f"\nThe files are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    say("delivered and verified")
    return 0


if __name__ == "__main__":
    sys.exit(main())
