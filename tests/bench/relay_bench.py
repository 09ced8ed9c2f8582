#!/usr/bin/env python3
"""Payload through our relay and through coturn's beside it, on loopback: two clients with an
allocation each send from one relayed port to the other, by channels, in 1,200-byte datagrams.

"runs" are sent and received as QUIC does it here, many datagrams a system call (UDP_SEGMENT,
UDP_GRO); "single" are datagrams one by one, as most programs send them. MB/s is payload that
arrived; at most a window of it is on its way, so nothing is gained by flooding. CPU is user and
system time of the relay, per 10^9 bytes that arrived. Each figure is the median of its runs."""

import argparse
import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import multiprocessing
import os
import pathlib
import platform
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = b"secret of this run"
COOKIE = 0x2112A442
PAYLOAD = 1200
RUN = 40  # datagrams a system call
WINDOW = 1_000_000  # bytes on their way
UDP_SEGMENT, UDP_GRO = 103, 104
ALLOCATE, PERMISSION, CHANNEL_BIND = 3, 8, 9
CHANNEL = 0x4000


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def xor_address(host, port):
    mapped = int.from_bytes(socket.inet_aton(host), "big") ^ COOKIE
    return struct.pack("!BBHI", 0, 1, port ^ (COOKIE >> 16), mapped)


class Allocation:
    """A relayed port, asked for by UDP or TCP with a credential that the secret makes."""

    def __init__(self, server, tcp):
        self.tcp = tcp
        self.socket = socket.socket(socket.AF_INET,
                                    socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.socket.setsockopt(socket.SOL_SOCKET, option, 4_000_000)
        self.socket.settimeout(5)
        self.socket.connect(server)
        self.user = b"%d:bench" % (int(time.time()) + 3600)
        self.key, self.proof = b"", b""
        answer = self.ask(ALLOCATE, attribute(0x19, b"\x11\0\0\0"))
        self.realm, nonce = answer[0x14], answer[0x15]
        password = base64.b64encode(hmac.digest(SECRET, self.user, "sha1"))
        self.key = hashlib.md5(b":".join((self.user, self.realm, password))).digest()
        self.proof = (attribute(6, self.user) + attribute(0x14, self.realm)
                      + attribute(0x15, nonce))
        relayed = self.ask(ALLOCATE, attribute(0x19, b"\x11\0\0\0"))[0x16]
        port, host = struct.unpack("!2xHI", relayed)
        self.relayed = (socket.inet_ntoa(struct.pack("!I", host ^ COOKIE)),
                        port ^ (COOKIE >> 16))

    def ask(self, method, attributes):
        transaction = os.urandom(12)
        body = attributes + self.proof
        length = len(body) + (24 if self.key else 0)
        message = struct.pack("!HHI", method, length, COOKIE) + transaction + body
        if self.key:
            message += attribute(8, hmac.digest(self.key, message, "sha1"))
        self.socket.send(message)
        answer = self.socket.recv(2048)
        found, at = {"class": answer[0]}, 20
        while at + 4 <= len(answer):
            kind, size = struct.unpack_from("!HH", answer, at)
            found[kind] = answer[at + 4:at + 4 + size]
            at += 4 + size + (-size % 4)
        if self.key and 9 in found:
            raise RuntimeError(f"refused: {found[9]}")
        return found

    def open_to(self, peer):
        self.ask(PERMISSION, attribute(0x12, xor_address(*peer)))
        self.ask(CHANNEL_BIND, attribute(0xC, struct.pack("!HH", CHANNEL, 0))
                 + attribute(0x12, xor_address(*peer)))


def receive(allocation, arrived, ends):
    """Counts payload that comes, until told otherwise."""
    sock = allocation.socket
    sock.settimeout(0.2)
    frame = PAYLOAD + 4
    if not allocation.tcp:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    while not ends.is_set():
        with contextlib.suppress(TimeoutError):
            arrived.value += len(sock.recv(1 << 20)) * PAYLOAD // frame


def send(allocation, arrived, seconds, runs):
    """Keeps a window of datagrams on its way; what is lost is written off after a moment."""
    one = struct.pack("!HH", CHANNEL, PAYLOAD) + bytes(PAYLOAD)
    count = RUN if runs or allocation.tcp else 1
    message = one * count
    control = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", len(one)))] if count > 1 else []
    sock = allocation.socket
    until = time.monotonic() + seconds
    base, sent, seen, moved = arrived.value, 0, 0, time.monotonic()
    while (now := time.monotonic()) < until:
        came = arrived.value - base
        if came != seen:
            seen, moved = came, now
        elif now - moved > 0.05:
            sent, moved = came, now  # the rest was lost
        if sent - came > WINDOW:
            time.sleep(0.0001)
            continue
        if allocation.tcp:
            sock.sendall(message)
        else:
            sock.sendmsg([message], control)
        sent += PAYLOAD * count


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(server, pid, tcp, runs, seconds):
    near, far = Allocation(server, tcp), Allocation(server, tcp)
    near.open_to(far.relayed)
    far.open_to(near.relayed)
    arrived, ends = multiprocessing.Value("Q", 0, lock=False), multiprocessing.Event()
    receiver = multiprocessing.Process(target=receive, args=(far, arrived, ends))
    receiver.start()
    send(near, arrived, 0.3, runs)  # warm
    before, cpu, began = arrived.value, cpu_seconds(pid), time.monotonic()
    send(near, arrived, seconds, runs)
    gained = arrived.value - before
    result = gained / (time.monotonic() - began) / 1e6, (cpu_seconds(pid) - cpu) / (gained / 1e9)
    ends.set()
    receiver.join()
    return result


@contextlib.contextmanager
def process(command, **options):
    running = subprocess.Popen(command, **options)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@contextlib.contextmanager
def our_relay(programs, folder):
    secret = folder / "secret"
    secret.write_bytes(SECRET)
    command = [programs / "postern-rendezvous", "serve", "--data", folder / "data", "--listen",
               "127.0.0.1:0", "--stun", "127.0.0.1:0", "--relay-secret-file", secret,
               "--relay-peers", "any"]
    with process(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        host, port = json.loads(running.stdout.readline())["stun"].rsplit(":", 1)
        yield (host, int(port)), running.pid


@contextlib.contextmanager
def coturn(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = free.getsockname()
    command = ["turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout",
               "--allow-loopback-peers", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
               "--realm=bench", "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}",
               f"--listening-port={server[1]}", f"--pidfile={folder}/pid",
               f"--userdb={folder}/db"]
    with process(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(server).close()
                break
            if time.monotonic() > deadline:
                raise RuntimeError("coturn did not start")
            time.sleep(0.05)
        yield server, running.pid


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="append the table to RESULTS.md")
    arguments = parser.parse_args()
    if not shutil.which("turnserver"):
        sys.exit("coturn is not installed: apt-get install coturn")
    ways = {"UDP, runs": (False, True), "UDP, single": (False, False), "TCP": (True, True)}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with our_relay(arguments.programs, folder) as ours, coturn(folder) as theirs:
            for _ in range(arguments.repeat):
                for way, (tcp, runs) in ways.items():
                    for name, (server, pid) in (("ours", ours), ("coturn", theirs)):
                        figures.setdefault((way, name), []).append(
                            measure(server, pid, tcp, runs, arguments.seconds))
    lines = ["", "## relay",
             f"{datetime.date.today()}, `./dev bench relay`: median of {arguments.repeat} x "
             f"{arguments.seconds:g} s on loopback; {os.cpu_count()} cores, Linux "
             f"{platform.release()}; coturn in the same run", "",
             "| way | our MB/s | coturn's MB/s | ratio | our CPU s/GB | coturn's CPU s/GB |",
             "|---|---|---|---|---|---|"]
    for way in ways:
        (speed, cpu), (other, other_cpu) = (
            [statistics.median(each) for each in zip(*figures[way, name])]
            for name in ("ours", "coturn"))
        lines.append(f"| {way} | {speed:.0f} | {other:.0f} | {speed / other:.1f} | {cpu:.2f} | "
                     f"{other_cpu:.2f} |")
    print("\n".join(lines))
    if arguments.keep:
        with open(ROOT / "tests/bench/RESULTS.md", "a", encoding="utf-8") as results:
            print("\n".join(lines), file=results)


if __name__ == "__main__":
    main()
