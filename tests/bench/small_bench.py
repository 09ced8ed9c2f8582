#!/usr/bin/env python3
"""20,000 files of 4 KiB through real postern-cli processes over a veth pair, by TCP and by QUIC,
beside `cp -a` on the spot and whatever else can carry the same tree in the same run (rivals.py).
Each is checked by hash. Ours ends with everything durable on the disk; of the others only
`cp -a, sync` and syncthing do.

Ours is the data phase as the receiver tells it, which includes every sync; "process" is the
sender's process from start to end. Trees of earlier runs are moved aside and removed only at the
very end: removing 20,000 files slows down whatever follows it on ext4."""

import argparse
import os
import sys
import time

import measuring
import rivals
import ssh

from people import Person, Rendezvous, send
from transfer_bench import two_hosts

WAYS = {"TCP": "tcp", "QUIC": "udp"}
FILE_BYTES, FILES_A_FOLDER = 4096, 200


def make_tree(root, count, size=FILE_BYTES):
    for number in range(count):
        folder = root / f"folder {number // FILES_A_FOLDER}"
        if number % FILES_A_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"file {number}.bin").write_bytes(os.urandom(size))
    return root


def one_transfer(sender, receiver, source, wanted, way):
    sending, receiving, into = send(sender, receiver, source, "--path", WAYS[way])
    if (sending.code, receiving.code) != (0, 0):
        raise RuntimeError(f"the transfer failed\n{sending.words()}{receiving.words()}")
    if rivals.tree_digest(into / source.name) != wanted:
        raise RuntimeError("the tree that arrived is not the tree that was sent")
    return {"seconds": receiving.event("done")["elapsed_ms"] / 1000, "process": sending.seconds,
            "cpu": sending.cpu_seconds + receiving.cpu_seconds,
            "sender_mib": sending.peak_kib / 1024, "receiver_mib": receiving.peak_kib / 1024}


def copies(folder, host):
    """On the spot. Only the second makes it durable, as ours is."""
    def shell(name, line):
        return lambda source, target: ssh.timed(host, folder, name, "sh", "-c", line, "sh",
                                                source, target)

    return {"cp -a": shell("cp", 'cp -a "$1" "$2"'),
            "cp -a, sync": shell("cp-sync", 'cp -a "$1" "$2" && sync -f "$2"')}


def settle():
    """What earlier runs left to write is not counted to the next one."""
    os.sync()
    time.sleep(0.5)


def measure(options, folder):
    results = {}
    with two_hosts() as (near, far):
        server = Rendezvous(near, options.programs, folder)
        sender = Person("sender", near, options.programs, folder, server)
        receiver = Person("receiver", far, options.programs, folder, server)
        sender.befriend(receiver)
        source = make_tree(folder / "tree", options.files)
        wanted = rivals.tree_digest(source)
        carriers, left_out = rivals.over_the_network(near, far, folder, options)
        others = copies(folder, near) | carriers
        for number in range(options.runs):
            for name, run in others.items():
                settle()
                into = folder / f"{name}-{number}".replace(" ", "-")
                seconds = rivals.checked(run, source, wanted, into)
                results.setdefault(name, []).append({"seconds": seconds, "process": seconds})
            for way in options.ways:
                settle()
                results.setdefault(way, []).append(
                    one_transfer(sender, receiver, source, wanted, way))
            print(f"run {number + 1}: " + ", ".join(
                f"{name} {list_[-1]['seconds']:.2f} s" for name, list_ in results.items()),
                file=sys.stderr, flush=True)
    return {name: measuring.medians(list_) for name, list_ in results.items()}, left_out


def report(results):
    copied = results["cp -a"]["seconds"]

    def figure(result, key, digits):
        return f"{result[key]:.{digits}f}" if key in result else ""

    return measuring.table(
        ["way", "s", "of `cp -a`", "s, process", "CPU s, both ends", "sender MiB", "receiver MiB"],
        [[name, f"{r['seconds']:.2f}",
          f"{r['seconds'] / copied:.2f}", f"{r['process']:.2f}", figure(r, "cpu", 2),
          figure(r, "sender_mib", 0), figure(r, "receiver_mib", 0)]
         for name, r in results.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    measuring.add_options(parser, runs=5)
    parser.add_argument("--files", type=int, default=20_000, help="(default 20000)")
    rivals.add_options(parser)
    options, (results, left_out) = measuring.measured(parser, WAYS, measure)
    measuring.show("small", f"{options.files} x {FILE_BYTES} bytes, median of {options.runs}",
                   f"{report(results)}\n\n{rivals.words(left_out)}", options)


if __name__ == "__main__":
    main()
