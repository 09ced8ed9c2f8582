"""Real postern programs on the machines of a lab: a rendezvous, people with profiles, and
transfers between them with everything they said and used."""

import hashlib
import json
import os
import pathlib
import subprocess
import time

PATIENCE = 120 # seconds; a transfer of the tests that takes longer hangs


class Run:
    """One process from its start to its end, with its words, CPU time and peak memory."""

    def __init__(self, host, folder, name, *command):
        self.name = name
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = host.start(*command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self.code = None
        self.started = time.monotonic()
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.peak_kib = 0

    def poll(self):
        """True once it has ended."""
        if self.code is not None:
            return True
        try: # VmHWM and not ru_maxrss: that one begins with the size of this Python
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_kib = max(self.peak_kib, int(line.split()[1]))
        except OSError:
            pass
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if pid == 0:
            return False
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self.started
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return True

    def stop(self):
        if not self.poll():
            self.process.terminate()
        return self.wait(10)

    def wait(self, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not self.poll():
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"{self.name} did not end within {patience} s\n{self.words()}")
            time.sleep(0.02)
        return self

    def events(self):
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def event(self, name):
        """The last event of that name, or None."""
        return next((e for e in reversed(self.events()) if e["event"] == name), None)

    def words(self):
        return f"--- {self.name} ({self.code})\n{self.out.read_text()}{self.err.read_text()}"


class Rendezvous:
    """Where its machine has a second address, STUN answers there, too (RFC 5780). With `ipv6` it
    answers at that address alone."""

    PORT = 7788
    OTHER_STUN_PORT = 3479

    def __init__(self, host, programs, folder, ipv6=False):
        self.addresses = host.addresses
        other = ([] if len(self.addresses) < 2 else
                 ["--stun-alt", f"{self.addresses[1]}:{self.OTHER_STUN_PORT}"])
        at = f"[{host.address_v6}]" if ipv6 else host.address
        self.run = Run(host, folder, "rendezvous", programs / "postern-rendezvous", "serve",
                       "--data", folder / "rendezvous", "--listen", f"{at}:{self.PORT}",
                       "--registration", "open", *other)
        deadline = time.monotonic() + 20
        while not (ready := self.ready()):
            if self.run.poll() or time.monotonic() > deadline:
                raise RuntimeError(f"the rendezvous did not start\n{self.run.words()}")
            time.sleep(0.02)
        self.address = ready["address"]

    def ready(self):
        lines = self.run.out.read_text().split("\n")[:-1]
        return next((e for e in map(json.loads, lines) if e["event"] == "ready"), None)


class Person:
    def __init__(self, name, host, programs, folder, server):
        self.name, self.host, self.server = name, host, server
        self.folder = folder / name
        self.folder.mkdir()
        self.program = programs / "postern-cli"
        self.runs = 0
        password = self.folder / "password"
        password.write_text(f"the long password of {name}\n")
        self.do("register", "--server", server.address, "--user", name, "--password-file",
                password)

    def start(self, *arguments):
        self.runs += 1
        return Run(self.host, self.folder, f"{self.name}-{self.runs}-{arguments[0]}",
                   self.program, "--profile", self.folder / "profile", "--secrets", "file",
                   *arguments)

    def do(self, *arguments):
        run = self.start(*arguments).wait()
        if run.code != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))} failed\n{run.words()}")
        return run

    def befriend(self, other):
        self.do("contacts", "add", other.name)
        other.do("contacts", "accept", self.name)

    def await_receiving(self, other, receives=True):
        """Until this one sees the other take files, or not any more."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            peers = [json.loads(line)
                     for line in self.do("peers", "--json").out.read_text().splitlines()]
            if receives == any(p["name"] == other.name and p["receiving"] for p in peers):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not see {other.name} as {receives=}")


def send(sender, receiver, path, *options):
    """Both ends of one transfer, ended: (what the sender did, what the receiver did, folder)."""
    into = receiver.folder / f"into-{receiver.runs}"
    receiving = receiver.start("receive", "--into", into, "--accept", "contacts", "--count", "1",
                               "--json")
    try:
        sender.await_receiving(receiver)
        sending = sender.start("send", path, "--to", receiver.name, "--json", *options)
        deadline = time.monotonic() + PATIENCE
        while not sending.poll() and time.monotonic() < deadline:
            receiving.poll()
            time.sleep(0.02)
        sending.wait(0)
        if sending.code == 0: # else nothing came to an end there, maybe: it is stopped below
            receiving.wait(10)
    finally:
        if receiving.code is None:
            receiving.stop()
    return sending, receiving, into


def random_file(path, size):
    """Bytes that no compression and no accident makes equal; quick to make."""
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for i in range(0, size, len(block)):
            file.write((i.to_bytes(8, "big") + block)[: min(len(block), size - i)])
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
