"""A small internet in network namespaces, with real NAT between its hosts.

    with Lab() as lab:                            # the kernel routes, at once
        server = lab.public_host("server")
        home = lab.router("home")                 # masquerade, as most home routers
        alice = home.host("alice")                # 192.168.1.2 behind it
        alice.run("ping", "-c1", server.address)

    with Lab(programs, delay_ms=20) as lab:       # the program tun_internet does: 40 ms to any peer
        office = lab.user_router("office", mapping="APDM", allocation="random")
        home = lab.router("home")                 # the kernel's NAT all the same
        flat = home.user_router("flat", mapping="EIM", filtering="ADF") # nested

Names carry this process's number; everything is removed at the end, and what a killed run left
behind at the next start.
"""

import atexit
import ipaddress
import itertools
import os
import signal
import subprocess
import sys

from internet import KernelInternet, UserInternet
from machines import PREFIX, Host, remove_namespace, remove_stale
from routers import Router, UserRouter, masquerade_rules

PRIVATE_RANGE = "192.168.0.0/16"
FIRST_PRIVATE = ipaddress.ip_network("192.168.1.0/24")

__all__ = ["Host", "Lab", "skip_unless_possible"]


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


def why_no_tun():
    """A sentence if tun_internet can't work here, else None."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        return f"needs TUN devices: {error}"
    return None


def skip_unless_possible(tun=False):
    if reason := why_not() or (tun and why_no_tun()):
        print(f"SKIPPED: {reason}")
        sys.exit(0)


class Lab:
    runs = 0

    def __init__(self, programs=None, delay_ms=0, seed=1):
        """With the folder of the programs, tun_internet is the internet; its random choices
        follow from the seed."""
        Lab.runs += 1
        self.number = Lab.runs
        self.namespaces, self.processes, self.routers = [], [], []
        self.programs, self.delay_ms, self.seed = programs, delay_ms, seed
        self.networks = ipaddress.ip_network(PRIVATE_RANGE).subnets(new_prefix=24)
        next(self.networks) # the first to be given is 192.168.1.0

    def __enter__(self):
        remove_stale()
        atexit.register(self.remove)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            if self.programs:
                self.internet = UserInternet(self, self.programs / "tun_internet", self.seed)
                self.internet.path(delay_ms=self.delay_ms)
            else:
                self.internet = KernelInternet(self)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def namespace(self, name):
        return Host(self, name)

    def private_network(self):
        return next(self.networks)

    def use_equal_networks(self):
        """The next router numbers its hosts as the first one does."""
        self.networks = itertools.chain([FIRST_PRIVATE], self.networks)

    def public_host(self, name, addresses=1, ipv6=False):
        host = Host(self, name)
        self.internet.plug(host, "eth0", addresses)
        if ipv6:
            self.internet.plug_v6(host, "eth0")
        return host

    def router(self, name, **options):
        return Router(self, name, self.internet, **options)

    def user_router(self, name, **options):
        return UserRouter(self, name, self.internet, **options)

    def forget_udp(self):
        """As after a night's rest: no router has a UDP mapping; TCP goes on."""
        for router in self.routers:
            router.forget_udp()

    def remove(self):
        atexit.unregister(self.remove)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        for namespace in self.namespaces:
            remove_namespace(namespace.path)
        self.namespaces, self.processes = [], []
