"""magic-wormhole and wormhole-william in a lab. They meet at a mailbox server, which Debian doesn't
have: it runs from its sources where --mailbox tells where they are. Files then go directly; but
wormhole-william does nothing without a relay that takes its connection, under a name that is built
in: here that is a port where nobody answers.

Both ends start at once; the seconds are those of the receiver from its start to its end."""

import itertools
import shutil
import time

from people import Run

PORT = 4000
RELAY_NAME, RELAY_PORT = "transit.magic-wormhole.io", 4001
SILENT_PORT = """import signal, socket, sys
port = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=100)
signal.pause()"""
PATIENCE = 120 # seconds
NAMES = {"magic-wormhole": "wormhole", "wormhole-william": "wormhole-william"}
PYTHON = "/usr/bin/python3" # which Debian's packages belong to


class Mailbox:
    def __init__(self, host, folder, sources):
        self.url = f"ws://{host.address}:{PORT}/v1"
        self.helper = f"tcp:{host.address}:{RELAY_PORT}"
        self.hosts = folder / "hosts"
        self.hosts.write_text(f"127.0.0.1 localhost\n{host.address} {RELAY_NAME}\n")
        host.start(PYTHON, "-c", SILENT_PORT, host.address, RELAY_PORT)
        self.codes = (f"{number}-files-of-a-bench" for number in itertools.count(1))
        packages = sources / "src" if (sources / "src").is_dir() else sources
        self.run = Run(host, folder, "mailbox", "env", f"PYTHONPATH={packages}",
                       PYTHON, "-m", "twisted", "wormhole-mailbox",
                       f"--port=tcp:{PORT}:interface={host.address}",
                       f"--channel-db={folder / 'mailbox.sqlite'}")
        deadline = time.monotonic() + 20
        while not host.run("ss", "-Hltn", f"sport = :{PORT}").strip():
            if time.monotonic() > deadline or self.run.poll():
                raise RuntimeError(f"the mailbox server did not listen\n{self.run.words()}")
            time.sleep(0.05)


def commands(program, box, code, source):
    if program == "wormhole":
        both = [program, "--relay-url", box.url, "--transit-helper", box.helper]
        return ([*both, "send", "--hide-progress", "--code", code, source],
                [*both, "receive", "--hide-progress", "--accept-file", code])
    both = [program, "--relay-url", box.url]
    return ([*both, "send", "--hide-progress", "--code", code, source],
            [*both, "receive", "--hide-progress", code])


def carry(program, box, near, far, folder, source, target):
    sending, receiving = commands(program, box, next(box.codes), source)
    # Each under the hosts of the lab; wormhole-william has no option that answers its question.
    lab = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/hosts && cd "$2" && shift 2 && '
           '{ yes 2>/dev/null || true; } | exec "$@"', "sh", box.hosts, target]
    receiver = Run(far, folder, f"{program}-receive", *lab, *receiving)
    sender = Run(near, folder, f"{program}-send", *lab, *sending)
    deadline = time.monotonic() + PATIENCE
    while not (receiver.poll() and sender.poll()) and time.monotonic() < deadline:
        if sender.code or receiver.code:
            break
        time.sleep(0.02)
    for end in (sender, receiver):
        end.stop()
    if (sender.code, receiver.code) != (0, 0):
        raise RuntimeError(f"{program} failed\n{sender.words()}{receiver.words()}")
    return receiver.seconds


def runs(near, far, folder, options):
    absent = {name: "not installed" for name, program in NAMES.items() if not shutil.which(program)}
    present = {name: program for name, program in NAMES.items() if name not in absent}
    if not options.mailbox:
        return {}, absent | {name: "Debian 12 has no mailbox server, and theirs is on the internet; "
                                   "--mailbox takes its sources" for name in present}
    if not present:
        return {}, absent
    box = Mailbox(near, folder, options.mailbox.resolve())
    return {name: lambda source, target, program=program:
            carry(program, box, near, far, folder, source, target)
            for name, program in present.items()}, absent
