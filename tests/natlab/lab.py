"""A small internet in network namespaces, with real kernel NAT between its hosts.

    with Lab() as lab:
        server = lab.public_host("server")
        home = lab.router("home")                 # masquerade, as most home routers
        alice = home.host("alice")                # 192.168.1.2 behind it
        alice.run("ping", "-c1", server.address)

The middle is one namespace that only routes. Every public host and every router hangs on it
by a link of its own, in address ranges that are reserved for documentation (RFC 5737) and so
count as public. Names carry this process's number; everything is removed at the end, and
what a killed run left behind at the next start.
"""

import atexit
import ipaddress
import os
import re
import signal
import subprocess
import sys

PREFIX = "postern-lab"
PUBLIC_RANGES = ("198.51.100.0/24", "203.0.113.0/24")


def why_not():
    """A sentence if a lab can't be built here, else None."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    probe = f"{PREFIX}-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    if made.returncode != 0:
        return f"needs network namespaces: {made.stderr.strip()}"
    nft = subprocess.run(["ip", "netns", "exec", probe, "nft", "-f", "-"], text=True,
                         input=masquerade_rules("wan"), capture_output=True)
    subprocess.run(["ip", "netns", "delete", probe], check=False)
    return f"needs nftables with NAT: {nft.stderr.strip()}" if nft.returncode else None


def skip_unless_possible():
    if reason := why_not():
        print(f"SKIPPED: {reason}")
        sys.exit(0)


def masquerade_rules(wan, flags=""):
    return f"""table ip nat {{
        chain postrouting {{
            type nat hook postrouting priority srcnat;
            oifname "{wan}" masquerade {flags}
        }}
    }}"""


def drop_unsolicited_rules(wan):
    """What the router itself does not answer: nothing is said, and conntrack keeps no entry."""
    return f"""table inet filter {{
        chain input {{
            type filter hook input priority filter;
            iifname "{wan}" ct state new drop
        }}
    }}"""


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
        self.address = None
        sh("ip", "netns", "add", self.path)
        lab.namespaces.append(self)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        return sh("ip", "-n", self.path, *arguments)

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

    def route_by(self, gateway):
        self.ip("route", "add", "default", "via", str(gateway))


class Router(Host):
    """A home router: one public address, a private network behind it, NAT between."""

    def __init__(self, lab, name, flags="", drops_unsolicited=False):
        super().__init__(lab, name)
        lab.attach(self, "wan")
        lab.routers += 1
        self.network = ipaddress.ip_network(f"192.168.{lab.routers}.0/24")
        self.free = iter(self.network.hosts())
        self.inside = next(self.free)
        self.ports = 0
        self.ip("link", "add", "lan", "type", "bridge")
        self.ip("address", "add", f"{self.inside}/24", "dev", "lan")
        self.ip("link", "set", "lan", "up")
        self.sysctl("net.ipv4.ip_forward", 1)
        self.nft(masquerade_rules("wan", flags))
        if drops_unsolicited:
            self.nft(drop_unsolicited_rules("wan"))

    def host(self, name):
        host = Host(self.lab, name)
        host.address = str(next(self.free))
        self.ports += 1
        port = f"port{self.ports}"
        host.connect(self, "eth0", port, f"{host.address}/24")
        self.ip("link", "set", port, "master", "lan")
        host.route_by(self.inside)
        return host


class Lab:
    runs = 0

    def __init__(self):
        Lab.runs += 1
        self.number = Lab.runs
        self.namespaces, self.processes, self.routers = [], [], 0
        self.links = 0
        self.free = (net for block in PUBLIC_RANGES
                     for net in ipaddress.ip_network(block).subnets(new_prefix=29))

    def __enter__(self):
        remove_stale()
        atexit.register(self.remove)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            self.middle = Namespace(self, "middle")
            self.middle.sysctl("net.ipv4.ip_forward", 1)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def attach(self, host, link):
        """A public link for `host`: the middle is its gateway, no neighbour shares its net."""
        gateway, own, *_ = next(self.free).hosts()
        self.links += 1
        host.connect(self.middle, link, f"link{self.links}", f"{own}/29", f"{gateway}/29")
        host.route_by(gateway)
        host.address = str(own)

    def public_host(self, name):
        host = Host(self, name)
        self.attach(host, "eth0")
        return host

    def router(self, name, **options):
        return Router(self, name, **options)

    def remove(self):
        atexit.unregister(self.remove)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for namespace in self.namespaces:
            remove_namespace(namespace.path)
        self.namespaces, self.processes = [], []


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
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        owner = re.match(rf"{PREFIX}-(\d+)-", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            remove_namespace(name)
