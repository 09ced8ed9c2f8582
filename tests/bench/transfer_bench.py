#!/usr/bin/env python3
"""One large file through real postern-cli processes over a veth pair between two network
namespaces, by TCP, by QUIC and by the built-in relay, beside iperf3 and whatever else can carry it
(rivals.py) in the same run. Every result is checked by hash.

MB/s is the data phase as the receiver tells it: from the moment data could flow until every
block is verified, flushed and renamed into place. "whole" is the sender's process from start
to end: signing in, finding the path and asking included; a rival has
only this one. CPU is user and system time of both
processes (and of the relay), per 10^9 bytes; memory is the peak of resident memory of each end."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import sys
import time

import measuring
import rivals

from lab import Host, Lab
from people import Person, Rendezvous, digest, random_file, send

WAYS = {"TCP": "tcp", "QUIC": "udp", "relay": "relay"}
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


def cpu_of(process):
    """CPU seconds that a running process has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_transfer(sender, receiver, source, wanted, way):
    server = sender.server.run.process
    before = cpu_of(server)
    sending, receiving, into = send(sender, receiver, source, "--path", WAYS[way])
    words = sending.words() + receiving.words()
    if (sending.code, receiving.code) != (0, 0):
        raise RuntimeError(f"the transfer failed\n{words}")
    if digest(into / source.name) != wanted:
        raise RuntimeError("the file that arrived is not the file that was sent")
    shutil.rmtree(into)
    size = source.stat().st_size
    done, path = receiving.event("done"), sending.event("path")
    relayed = cpu_of(server) - before if way == "relay" else 0
    return {
        "speed": size / 1e3 / max(done["elapsed_ms"], 1),
        "whole": size / 1e6 / sending.seconds,
        "cpu": (sending.cpu_seconds + receiving.cpu_seconds + relayed) / (size / 1e9),
        "sender_mib": sending.peak_kib / 1024,
        "receiver_mib": receiving.peak_kib / 1024,
        "path": f"{path['kind']} {path['strategy']}",
    }


@contextlib.contextmanager
def two_hosts(mtu=1500):
    with Lab() as lab:
        near, far = Host(lab, "near"), Host(lab, "far")
        near.connect(far, "eth0", "eth0", "198.51.100.1/24", "198.51.100.2/24")
        near.address, far.address = "198.51.100.1", "198.51.100.2"
        for host in (near, far):
            host.set_mtu("eth0", mtu)
        near.addresses, far.addresses = [near.address], [far.address]
        yield near, far


def measure(options, folder):
    with two_hosts(options.mtu) as (near, far):
        server = Rendezvous(near, options.programs, folder)
        sender = Person("sender", near, options.programs, folder, server)
        receiver = Person("receiver", far, options.programs, folder, server)
        sender.befriend(receiver)
        source = random_file(folder / "file.bin", options.size << 20)
        wanted = digest(source)
        carriers, left_out = rivals.over_the_network(near, far, folder, options)
        results = {way: [] for way in ("iperf3", *options.ways, *carriers)}
        for number in range(options.runs):
            results["iperf3"].append(iperf(near, far))
            for way in options.ways:
                results[way].append(one_transfer(sender, receiver, source, wanted, way))
                print(f"run {number + 1}: {way} {results[way][-1]['speed']:.0f} MB/s, iperf3 "
                      f"{results['iperf3'][-1]['speed']:.0f} MB/s", file=sys.stderr, flush=True)
            for name, run in carriers.items():
                seconds = rivals.checked(run, source, wanted, folder / "by-another")
                results[name].append({"whole": source.stat().st_size / 1e6 / seconds})
                print(f"run {number + 1}: {name} {results[name][-1]['whole']:.0f} MB/s",
                      file=sys.stderr, flush=True)
    return {way: measuring.medians(list_) for way, list_ in results.items()}, left_out


def report(results):
    rival = results["iperf3"]
    rows = [["iperf3", "TCP, one stream", f"{rival['speed']:.0f}", "1.00", "",
             f"{rival['cpu']:.2f}", "", ""]]
    rows += [[way, r["path"], f"{r['speed']:.0f}", f"{r['speed'] / rival['speed']:.2f}",
              f"{r['whole']:.0f}", f"{r['cpu']:.2f}", f"{r['sender_mib']:.0f}",
              f"{r['receiver_mib']:.0f}"] for way, r in results.items() if "path" in r]
    rows += [[name, "", "", "", f"{r['whole']:.0f}", "", "", ""]
             for name, r in results.items() if "speed" not in r]
    return measuring.table(["way", "path", "MB/s", "of iperf3", "MB/s whole",
                            "CPU s/GB, both ends", "sender MiB", "receiver MiB"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    measuring.add_options(parser, runs=5)
    parser.add_argument("--size", type=int, default=1024, help="MiB (default 1024)")
    parser.add_argument("--mtu", type=int, default=1500,
                        help="of the link (default 1500; 9000: jumbo frames)")
    rivals.add_options(parser)
    options, (results, left_out) = measuring.measured(parser, WAYS, measure)
    special = "" if options.mtu == 1500 else f", frames of {options.mtu} bytes"
    measuring.show("transfer", f"{options.size} MiB, median of {options.runs}",
                   f"{report(results)}\n\n{rivals.words(left_out)}", options, special)


if __name__ == "__main__":
    main()
