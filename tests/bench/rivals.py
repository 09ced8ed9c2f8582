"""What else carries files from one machine of a lab to another: which of these programs are
installed, and how each is run. Nothing here talks to anything outside the lab.

Each is a function of (source, empty folder on the other machine) that leaves the source's copy
there and tells the seconds it took: those of the sender's process from start to end, signing in
included, where no other is told in its own file."""

import hashlib
import pathlib
import shutil

from people import digest

import ssh
import syncthing
import wormholes


def add_options(parser):
    parser.add_argument("--alone", action="store_true", help="without other programs")
    parser.add_argument("--mailbox", metavar="FOLDER", type=pathlib.Path,
                        help="sources of magic-wormhole-mailbox-server, for the wormholes")


def over_the_network(near, far, folder, options):
    """All that can run here: {name: function}, and {name: why not} of the others."""
    runs, left_out = {}, {"croc": "not in Debian 12"}
    if options.alone:
        return runs, left_out
    for field in (ssh, syncthing, wormholes):
        able, unable = field.runs(near, far, folder, options)
        runs |= able
        left_out |= unable
    return runs, left_out


def checked(run, source, wanted, target):
    """The seconds of one run, after which the target is compared and removed or kept aside."""
    target.mkdir()
    seconds = run(source, target)
    if tree_digest(target / source.name) != wanted:
        raise RuntimeError("what arrived is not what was sent")
    if not source.is_dir(): # removing many files slows down what follows: see small_bench.py
        shutil.rmtree(target)
    return seconds


def words(left_out):
    return "\n".join(f"Left out: {who} ({why})." for who, why in left_out.items())


def tree_digest(root):
    """Paths, sizes and contents of all files below, or of the one file, as one value."""
    if root.is_file():
        return digest(root)
    whole = hashlib.sha256()
    for path in sorted(pathlib.Path(root).rglob("*")):
        whole.update(str(path.relative_to(root)).encode() + b"\0")
        if path.is_file():
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
