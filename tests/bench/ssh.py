"""A private sshd with keys of its own in a lab, and what goes through it: scp, rsync and tar."""

import os
import shutil
import subprocess
import time

from people import Run

SSHD = "/usr/sbin/sshd"
PORT = 2222
PATIENCE = 120 # seconds


def why_not():
    """A sentence if ssh can't be a rival here, else None."""
    missing = [name for name in (SSHD, "ssh", "ssh-keygen") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else None


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
        return ["scp", "-q", "-r", "-P", PORT, *self.options, source, f"{self.address}:{target}"]

    def rsync(self, source, target):
        shell = " ".join(map(str, ["ssh", "-p", PORT, *self.options]))
        return ["rsync", "-a", "-W", "-e", shell, source, f"{self.address}:{target}"]


def timed(host, folder, name, *command):
    """The seconds of a command on a machine, from start to end."""
    run = Run(host, folder, name, *command).wait(PATIENCE)
    if run.code != 0:
        raise RuntimeError(f"{name} failed\n{run.words()}")
    return run.seconds


def runs(near, far, folder, _options):
    if reason := why_not():
        return {}, {"scp, rsync, tar over ssh": reason}
    ssh = Ssh(far, folder)

    def once(name, command):
        return lambda source, target: timed(near, folder, name, *command(source, target))

    def tar(source, target):
        words = " ".join(f"'{word}'" for word in ssh.command(f"tar -C {target} -xf -"))
        return ["sh", "-c", f"tar -C '{source.parent}' -cf - '{source.name}' | {words}"]

    able = {"scp": once("scp", ssh.scp), "tar over ssh": once("tar", tar)}
    if not shutil.which("rsync"):
        return able, {"rsync over ssh": "not installed"}
    return able | {"rsync over ssh": once("rsync", ssh.rsync)}, {}
