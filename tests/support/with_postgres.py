#!/usr/bin/env python3
"""Runs a command beside a PostgreSQL server of its own, which is gone afterwards.

Usage: with_postgres.py COMMAND [ARGUMENT...]

The command finds postgresql://postern:secret@127.0.0.1:PORT in POSTERN_TEST_POSTGRES and may
make databases there. Says "SKIPPED: why" where PostgreSQL is not installed.
"""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PASSWORD = "secret"


def server_programs():
    """The folder with initdb and pg_ctl: Debian keeps it off the PATH."""
    found = shutil.which("initdb")
    candidates = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    return Path(found).resolve().parent if found and not candidates else \
        Path(candidates[-1]) if candidates else None


def unprivileged():
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, programs, folder):
        self.programs, self.folder, self.user = programs, folder, unprivileged()
        self.data = folder / "data"
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def run(self, program, *arguments):
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} \
            if self.user else {}
        done = subprocess.run([self.programs / program, *arguments], cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **who)
        if done.returncode:
            sys.exit(f"{program}: {done.stdout}")

    def start(self):
        secret = self.folder / "secret"
        secret.write_text(PASSWORD, encoding="ascii")
        self.run("initdb", "-D", self.data, "-U", "postern", f"--pwfile={secret}",
                 "-A", "scram-sha-256", "--no-sync", "--locale=C", "--encoding=UTF8")
        port = free_port()
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o",
                 f"-c listen_addresses=127.0.0.1 -p {port} -k {self.folder} -c fsync=off", "start")
        return port

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")


def main():
    programs = server_programs()
    if programs is None:
        print("SKIPPED: PostgreSQL is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="postern-pg-") as folder:
        cluster = Cluster(programs, Path(folder))
        port = cluster.start()
        url = f"postgresql://postern:{PASSWORD}@127.0.0.1:{port}"
        try:
            return subprocess.run(sys.argv[1:], check=False,
                                  env={**os.environ, "POSTERN_TEST_POSTGRES": url}).returncode
        finally:
            cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
