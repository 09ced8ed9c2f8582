#!/usr/bin/env python3
"""The peak of resident memory of both ends: a tree of very many small files, and a sparse file of
1 TiB with a little data in it, by real postern-cli processes over a veth pair. Both must stay at or
below 96 MiB. What arrives is checked: every name and byte of the tree, every run of data of the
sparse file, and that it takes no more room there than here.

The folder must be on a file system that takes all files twice and a file of 1 TiB: ext4 with blocks
of 4 KiB does, and so does /dev/shm where memory allows."""

import argparse
import os
import shutil
import sys
import time

import measuring

from people import Person, Rendezvous
from small_bench import make_tree
from transfer_bench import two_hosts

WAYS = {"TCP": "tcp", "QUIC": "udp"}
BUDGET_MIB = 96
PATIENCE = 3600 # seconds
SPARSE_BYTES, RUN_BYTES = 1 << 40, 1 << 20
RUNS_AT = [0, 4096 * 3 + 1, (1 << 39) + 5, SPARSE_BYTES - RUN_BYTES] # two of them overlap


def make_sparse(path):
    with open(path, "wb") as file:
        file.truncate(SPARSE_BYTES)
        for at in RUNS_AT:
            file.seek(at)
            file.write(os.urandom(RUN_BYTES))
    return path


def check_tree(source, arrived):
    """Compared folder by folder: neither list is held whole."""
    pairs, files = [(source, arrived)], 0
    while pairs:
        here, there = pairs.pop()
        names = sorted(os.listdir(here))
        if names != sorted(os.listdir(there)):
            raise RuntimeError(f"{there} holds other names than were sent")
        for name in names:
            if (here / name).is_dir():
                pairs.append((here / name, there / name))
            elif (here / name).read_bytes() != (there / name).read_bytes():
                raise RuntimeError(f"{there / name} is not the file that was sent")
            else:
                files += 1
    return files


def check_sparse(source, arrived):
    if arrived.stat().st_size != SPARSE_BYTES:
        raise RuntimeError("the sparse file came with another size")
    taken, sent = arrived.stat().st_blocks * 512, source.stat().st_blocks * 512
    if taken > sent + len(RUNS_AT) * 128 * 1024:
        raise RuntimeError(f"the sparse file takes {taken} bytes, and {sent} where it came from")
    with open(source, "rb") as one, open(arrived, "rb") as other:
        for at in RUNS_AT:
            one.seek(at)
            other.seek(at)
            if one.read(RUN_BYTES) != other.read(RUN_BYTES):
                raise RuntimeError("the data of the sparse file is not what was sent")
    return 1


def one_transfer(sender, receiver, source, way, check):
    into = receiver.folder / f"into-{receiver.runs}"
    receiving = receiver.start("receive", "--into", into, "--accept", "contacts", "--count", "1",
                               "--json")
    try:
        sender.await_receiving(receiver)
        sending = sender.start("send", source, "--to", receiver.name, "--json", "--path",
                               WAYS[way])
        deadline = time.monotonic() + PATIENCE
        # Both to their ends: what the history needs belongs to the peak.
        while not (sending.poll() & receiving.poll()) and time.monotonic() < deadline:
            if sending.code not in (None, 0):
                break
            time.sleep(0.02)
    finally:
        if receiving.code is None:
            receiving.stop()
    if (sending.code, receiving.code) != (0, 0):
        raise RuntimeError(f"the transfer failed\n{sending.words()[-4000:]}"
                           f"{receiving.words()[-4000:]}")
    files = check(source, into / source.name)
    shutil.rmtree(into)
    return {"files": files, "seconds": receiving.event("done")["elapsed_ms"] / 1000,
            "sender_mib": sending.peak_kib / 1024, "receiver_mib": receiving.peak_kib / 1024}


def measure(options, folder):
    results = {}
    with two_hosts() as (near, far):
        server = Rendezvous(near, options.programs, folder)
        sender = Person("sender", near, options.programs, folder, server)
        receiver = Person("receiver", far, options.programs, folder, server)
        sender.befriend(receiver)
        works = {}
        if options.files > 0:
            tree = make_tree(folder / "tree", options.files, options.bytes)
            works[f"{options.files} x {options.bytes} bytes"] = (tree, check_tree)
        if not options.no_sparse:
            works["1 TiB, sparse"] = (make_sparse(folder / "sparse.img"), check_sparse)
        for number in range(options.runs):
            for what, (source, check) in works.items():
                for way in options.ways:
                    result = one_transfer(sender, receiver, source, way, check)
                    results.setdefault((what, way), []).append(result)
                    print(f"run {number + 1}: {what}, {way}: {result}", file=sys.stderr, flush=True)
    return results


def report(results):
    def peak(runs, key):
        return max(r[key] for r in runs)

    return measuring.table(
        ["what", "way", "s", "sender MiB", "receiver MiB", f"of {BUDGET_MIB} MiB"],
        [[what, way, f"{measuring.medians(runs)['seconds']:.1f}",
          f"{peak(runs, 'sender_mib'):.0f}", f"{peak(runs, 'receiver_mib'):.0f}",
          f"{max(peak(runs, 'sender_mib'), peak(runs, 'receiver_mib')) / BUDGET_MIB:.2f}"]
         for (what, way), runs in results.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    measuring.add_options(parser, runs=1)
    parser.add_argument("--files", type=int, default=1_000_000, help="(default 1000000; 0: none)")
    parser.add_argument("--bytes", type=int, default=64, help="of each (default 64)")
    parser.add_argument("--no-sparse", action="store_true", help="without the file of 1 TiB")
    options, results = measuring.measured(parser, WAYS, measure)
    measuring.show("memory", f"the highest of {options.runs}", report(results), options)


if __name__ == "__main__":
    main()
