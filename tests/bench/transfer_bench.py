#!/usr/bin/env python3
"""One large file through real postern-cli processes over a veth pair between two network
namespaces, by TCP and by QUIC, beside iperf3 in the same run. Every result is checked by hash.

MB/s is the data phase as the receiver tells it: from the moment data could flow until every
block is verified, flushed and renamed into place. "whole" is the sender's process from start
to end: signing in, finding the path and asking included. CPU is user and system time of both
processes, per 10^9 bytes; memory is the peak of resident memory of each end."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/natlab"))

from lab import Host, Lab, skip_unless_possible  # noqa: E402
from people import Person, Rendezvous, digest, random_file, send  # noqa: E402

WAYS = {"TCP": "tcp", "QUIC": "udp"}
IPERF_SECONDS = 4


def iperf(near, far):
    """MB/s of one TCP stream, as the receiver counts it, and CPU seconds per GB of both ends."""
    server = far.start("iperf3", "-s", "-1", "--json", stdout=-3)
    deadline = time.monotonic() + 10
    while not far.run("ss", "-Hltn", "sport = :5201").strip():
        if time.monotonic() > deadline:
            raise RuntimeError("iperf3 -s did not listen")
        time.sleep(0.05)
    result = json.loads(near.run("iperf3", "-c", far.address, "-t", IPERF_SECONDS, "--json"))
    server.wait(10)
    end = result["end"]
    speed = end["sum_received"]["bits_per_second"] / 8e6
    cpu = end["cpu_utilization_percent"]
    seconds = (cpu["host_total"] + cpu["remote_total"]) / 100
    return {"speed": speed, "cpu": seconds / (speed / 1000)}


def one_transfer(sender, receiver, source, wanted, way):
    began = time.monotonic()
    sending, receiving, into = send(sender, receiver, source, "--path", WAYS[way])
    words = sending.words() + receiving.words()
    if (sending.code, receiving.code) != (0, 0):
        raise RuntimeError(f"the transfer failed\n{words}")
    if digest(into / source.name) != wanted:
        raise RuntimeError("the file that arrived is not the file that was sent")
    shutil.rmtree(into)
    size = source.stat().st_size
    done, path = receiving.event("done"), sending.event("path")
    return {
        "speed": size / 1e3 / max(done["elapsed_ms"], 1),
        "whole": size / 1e6 / sending.seconds,
        "cpu": (sending.cpu_seconds + receiving.cpu_seconds) / (size / 1e9),
        "sender_mib": sending.peak_kib / 1024,
        "receiver_mib": receiving.peak_kib / 1024,
        "path": f"{path['kind']} {path['strategy']}",
        "took": time.monotonic() - began,
    }


def medians(results):
    return {key: statistics.median(r[key] for r in results)
            if not isinstance(results[0][key], str) else results[0][key] for key in results[0]}


@contextlib.contextmanager
def two_hosts():
    with Lab() as lab:
        near, far = Host(lab, "near"), Host(lab, "far")
        near.connect(far, "eth0", "eth0", "198.51.100.1/24", "198.51.100.2/24")
        near.address, far.address = "198.51.100.1", "198.51.100.2"
        near.addresses, far.addresses = [near.address], [far.address]
        yield near, far


def measure(options, folder):
    with two_hosts() as (near, far):
        server = Rendezvous(near, options.programs, folder)
        sender = Person("sender", near, options.programs, folder, server)
        receiver = Person("receiver", far, options.programs, folder, server)
        sender.befriend(receiver)
        source = random_file(folder / "file.bin", options.size << 20)
        wanted = digest(source)
        results = {way: [] for way in ("iperf3", *options.ways)}
        for number in range(options.runs):
            results["iperf3"].append(iperf(near, far))
            for way in options.ways:
                results[way].append(one_transfer(sender, receiver, source, wanted, way))
                print(f"run {number + 1}: {way} {results[way][-1]['speed']:.0f} MB/s, iperf3 "
                      f"{results['iperf3'][-1]['speed']:.0f} MB/s", file=sys.stderr, flush=True)
    return {way: medians(list_) for way, list_ in results.items()}


def table(results):
    rival = results["iperf3"]["speed"]
    lines = ["| way | path | MB/s | of iperf3 | MB/s whole | CPU s/GB, both ends | "
             "sender MiB | receiver MiB |", "|---|---|---|---|---|---|---|---|",
             f"| iperf3 | TCP, one stream | {rival:.0f} | 1.00 | | {results['iperf3']['cpu']:.2f} "
             "| | |"]
    for way, r in results.items():
        if way != "iperf3":
            lines.append(
                f"| {way} | {r['path']} | {r['speed']:.0f} | {r['speed'] / rival:.2f} "
                f"| {r['whole']:.0f} | {r['cpu']:.2f} | {r['sender_mib']:.0f} "
                f"| {r['receiver_mib']:.0f} |")
    return "\n".join(lines)


def conditions(options):
    memory = next(line for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    command = " ".join(["./dev bench transfer", *(a for a in sys.argv[1:] if a[0] == "-")])
    return (f"{datetime.date.today()}, `{command}`: {options.size} MiB, median of "
            f"{options.runs}; {os.cpu_count()} cores ({model}), "
            f"{int(memory.split()[1]) >> 20} GiB, Linux {platform.release()}; both ends on the "
            f"one machine")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, nargs="?", default=ROOT / "build/dev/bin",
                        help="the folder of the programs (default build/dev/bin)")
    parser.add_argument("--size", type=int, default=1024, help="MiB (default 1024)")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many (default 3)")
    parser.add_argument("--way", dest="ways", action="append", choices=WAYS,
                        help="only this one (default both)")
    parser.add_argument("--folder", help="where the files lie (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="add the table to RESULTS.md")
    options = parser.parse_args()
    options.ways = options.ways or list(WAYS)
    skip_unless_possible()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        options.programs = options.programs.resolve()
        results = measure(options, pathlib.Path(folder))
    report = f"{conditions(options)}\n\n{table(results)}\n"
    print(report)
    if options.keep:
        with open(ROOT / "tests/bench/RESULTS.md", "a") as file:
            file.write(f"\n## transfer\n{report}")


if __name__ == "__main__":
    main()
