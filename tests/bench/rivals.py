"""Other programs on the machines of a lab: a private sshd with keys of its own, and what goes
through it. Nothing here talks to anything outside the lab."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from people import Run, digest

SSHD = "/usr/sbin/sshd"
PORT = 2222
PATIENCE = 300 # seconds


def why_no_ssh():
    """A sentence if ssh can't be a rival here, else None."""
    missing = [name for name in (SSHD, "ssh", "ssh-keygen") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else None


# What belongs to the field but can't run inside a lab.
LEFT_OUT = {
    "croc": "not in Debian 12",
    "magic-wormhole, wormhole-william": "Debian 12 has no mailbox server, and theirs is on the "
                                        "internet",
}


class Ssh:
    """sshd on one machine, and how another one reaches it. AES-128-GCM, as we use."""

    def __init__(self, server, folder):
        folder = folder / "ssh"
        folder.mkdir(mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name],
                           check=True)
        config = folder / "config"
        config.write_text(f"Port {PORT}\nListenAddress {server.address}\nHostKey {folder}/host\n"
                          f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
                          f"PidFile none\nPermitRootLogin prohibit-password\n"
                          f"Ciphers aes128-gcm@openssh.com\nSubsystem sftp internal-sftp\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.server = server
        self.process = server.start(SSHD, "-D", "-q", "-f", config)
        self.options = ["-i", folder / "user", "-o", "StrictHostKeyChecking=no", "-o",
                        "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        self.address = f"root@{server.address}"
        deadline = time.monotonic() + 10
        while not server.run("ss", "-Hltn", f"sport = :{PORT}").strip():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("sshd did not listen")
            time.sleep(0.05)

    def command(self, *words):
        return ["ssh", "-p", PORT, *self.options, self.address, *words]

    def scp(self, source, target):
        return ["scp", "-q", "-P", PORT, *self.options, source, f"{self.address}:{target}"]

    def rsync(self, source, target):
        shell = " ".join(map(str, ["ssh", "-p", PORT, *self.options]))
        return ["rsync", "-a", "-W", "-e", shell, source, f"{self.address}:{target}"]


def timed(host, folder, name, *command):
    """The seconds of a command on a machine, from start to end."""
    run = Run(host, folder, name, *command).wait(PATIENCE)
    if run.code != 0:
        raise RuntimeError(f"{name} failed\n{run.words()}")
    return run.seconds


def wan_runs(near, far, source, wanted, folder):
    """One file by scp and by rsync: {name: a function that runs it once}."""
    if why_no_ssh():
        return {}
    ssh = Ssh(far, folder)

    def once(name, command):
        target = folder / f"by-{name}"
        target.mkdir()
        seconds = timed(near, folder, name, *command(source, target))
        arrived = digest(target / source.name) == wanted
        shutil.rmtree(target)
        if not arrived:
            raise RuntimeError(f"{name}: the file that arrived is not the file that was sent")
        return {"process": seconds}

    runs = {"scp": lambda: once("scp", ssh.scp)}
    if shutil.which("rsync"):
        runs["rsync"] = lambda: once("rsync", ssh.rsync)
    return runs


def tree_runs(near, far, folder):
    """A tree by each: {name: a function of (source, empty target) that tells the seconds}. Only
    the second makes it durable, as ours is; the others leave it in the cache."""
    def shell(name, line):
        return timed(near, folder, name, "sh", "-c", line)

    def quoted(words):
        return " ".join(f"'{word}'" for word in words)

    runs = {"cp -a": lambda source, target: shell("cp", f"cp -a '{source}' '{target}'"),
            "cp -a, sync": lambda source, target: shell(
                "cp-sync", f"cp -a '{source}' '{target}' && sync -f '{target}'")}
    if why_no_ssh():
        return runs
    ssh = Ssh(far, folder)
    runs["tar over ssh"] = lambda source, target: shell(
        "tar", f"tar -C '{source.parent}' -cf - '{source.name}' | "
               + quoted(ssh.command(f"tar -C {target} -xf -")))
    if shutil.which("rsync"):
        runs["rsync over ssh"] = lambda source, target: shell("rsync",
                                                              quoted(ssh.rsync(source, target)))
    return runs


def tree_digest(root):
    """Paths, sizes and contents of all files below, as one value."""
    whole = hashlib.sha256()
    for path in sorted(pathlib.Path(root).rglob("*")):
        whole.update(str(path.relative_to(root)).encode() + b"\0")
        if path.is_file():
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
