"""Network namespaces as machines: their links, their processes, and their end."""

import os
import re
import signal
import subprocess

PREFIX = "postern-lab"


def sh(*command, **options):
    """Runs a command to its end; raises with its words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Namespace:
    """One machine: its links, its processes."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.path = f"{PREFIX}-{os.getpid()}-{lab.number}-{name}"
        self.address = self.address_v6 = None
        sh("ip", "netns", "add", self.path)
        lab.namespaces.append(self)
        # Addresses of IPv6 are ours at once: nobody else in a lab can have them (RFC 4862).
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        return sh("ip", "-n", self.path, *arguments)

    def add_v6(self, address, device):
        self.ip("address", "add", address, "dev", device)

    def sysctl(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    def nft(self, rules):
        sh(*self.command("nft", "-f", "-"), input=rules)

    def command(self, *arguments):
        """The command line that runs `arguments` on this machine."""
        return ["ip", "netns", "exec", self.path, *map(str, arguments)]

    def run(self, *arguments, **options):
        return sh(*self.command(*arguments), **options)

    def start(self, *arguments, **options):
        """A process of this machine; ended with the lab at the latest."""
        process = subprocess.Popen(self.command(*arguments), **options)
        self.lab.processes.append(process)
        return process


class Host(Namespace):
    """A machine with one link and a default route."""

    def connect(self, other, own_name, other_name, own, other_address=None):
        sh("ip", "link", "add", own_name, "netns", self.path, "type", "veth",
           "peer", "name", other_name, "netns", other.path)
        self.ip("address", "add", str(own), "dev", own_name)
        self.ip("link", "set", own_name, "up")
        other.ip("link", "set", other_name, "up")
        if other_address:
            other.ip("address", "add", str(other_address), "dev", other_name)

    def set_mtu(self, interface, size):
        """Of this end of a link alone: what is larger is not sent, nor taken when it comes."""
        self.ip("link", "set", interface, "mtu", str(size))

    def split_runs(self, interface):
        """The kernel makes single packets of what it is given before the interface has them."""
        self.ip("link", "set", interface, "gso_max_segs", "1")

    def bytes_of_a_frame(self, interface):
        """What it has sent, on average; runs of packets count as one unless they are split."""
        sent, frames = (int(self.run("cat", f"/sys/class/net/{interface}/statistics/tx_{what}"))
                        for what in ("bytes", "packets"))
        return sent / max(frames, 1)


def remove_namespace(path):
    """Only processes inside our own namespace are ended, so nothing keeps it alive."""
    pids = subprocess.run(["ip", "netns", "pids", path], capture_output=True, text=True).stdout
    for pid in pids.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    subprocess.run(["ip", "netns", "delete", path], capture_output=True)


def remove_stale():
    """What a killed run left behind."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        owner = re.match(rf"{PREFIX}-(\d+)-", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            remove_namespace(name)
