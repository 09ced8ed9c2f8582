#!/usr/bin/env python3
"""One file over a long, lossy path: 200 Mbit/s, 80 ms round trip, 1 % of the packets lost each
way, by the project's own link emulator (tests/natlab/tun_internet), beside
whatever else can carry it (rivals.py). The rate counts whole IP packets, so headers are part of the link's share.

"data" is the share of the link over the data phase that the receiver tells; "clicked" is from
the moment the send was offered until the sender knows it delivered, the path's set-up and the
asking included; "process" is from the start of the sender's process, signing in included. What a
rival needs is told where it is run: its process from start to end, mostly."""

import argparse
import shutil
import sys
import time

import measuring
import rivals

from lab import Lab
from people import Person, Rendezvous, digest, random_file, send

WAYS = {"QUIC": "udp", "TCP": "tcp"}
PATH = {"delay_ms": 40, "mbit": 200, "loss": 0.01, "queue_ms": 50}


def one_transfer(sender, receiver, source, wanted, way):
    sending, receiving, into = send(sender, receiver, source, "--path", WAYS[way])
    if (sending.code, receiving.code) != (0, 0):
        raise RuntimeError(f"the transfer failed\n{sending.words()}{receiving.words()}")
    if digest(into / source.name) != wanted:
        raise RuntimeError("the file that arrived is not the file that was sent")
    shutil.rmtree(into)
    data = receiving.event("done")["elapsed_ms"] / 1000
    path = sending.event("path")["elapsed_ms"] / 1000
    return {"data": data, "clicked": sending.event("done")["elapsed_ms"] / 1000 + path,
            "process": sending.seconds}


def measure(options, folder):
    results = {}
    with Lab(options.programs) as lab:
        near, far = lab.public_host("near"), lab.public_host("far")
        server = Rendezvous(lab.public_host("server"), options.programs, folder)
        sender = Person("sender", near, options.programs, folder, server)
        receiver = Person("receiver", far, options.programs, folder, server)
        sender.befriend(receiver)
        source = random_file(folder / "file.bin", options.size << 20)
        wanted = digest(source)
        lab.internet.path(**PATH)
        runs = {way: lambda way=way: one_transfer(sender, receiver, source, wanted, way)
                for way in options.ways}
        carriers, left_out = rivals.over_the_network(near, far, folder, options)
        runs |= {name: lambda run=run: {"process": rivals.checked(run, source, wanted,
                                                                  folder / "by-another")}
                 for name, run in carriers.items()}
        for number in range(options.runs):
            for name, run in runs.items():
                results.setdefault(name, []).append(run())
                print(f"run {number + 1}: {name} {results[name][-1]}", file=sys.stderr, flush=True)
    return {name: measuring.medians(list_) for name, list_ in results.items()}, left_out


def report(results, size):
    def share(seconds):
        return "" if seconds is None else f"{size * 8 / PATH['mbit'] / 1e6 / seconds * 100:.0f} %"

    return measuring.table(["way", "data", "clicked", "process", "seconds"], [
        [name, share(r.get("data")), share(r.get("clicked")), share(r["process"]),
         f"{r['process']:.2f}"] for name, r in results.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    measuring.add_options(parser, runs=5)
    parser.add_argument("--size", type=int, default=100, help="MiB (default 100)")
    rivals.add_options(parser)
    options, (results, left_out) = measuring.measured(parser, WAYS, measure, usual=["QUIC"], tun=True)
    measuring.show("wan", f"{options.size} MiB, median of {options.runs}, "
                   f"{PATH['mbit']} Mbit/s, {2 * PATH['delay_ms']} ms round trip, "
                   f"{PATH['loss'] * 100:.0f} % lost each way, a queue of {PATH['queue_ms']} ms",
                   f"{report(results, options.size << 20)}\n\n{rivals.words(left_out)}", options)


if __name__ == "__main__":
    main()
