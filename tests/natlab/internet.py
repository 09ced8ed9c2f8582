"""The middle of a lab, between all public addresses: a namespace that only routes, or the
program tun_internet, which knows delay and every kind of NAT and not only the kernel's.

A machine is plugged into it by a link of its own, in address ranges that are reserved for
documentation (RFC 5737, RFC 3849) and so count as public."""

import ipaddress
import itertools
import json
import subprocess

PUBLIC_RANGES = ("198.51.100.0/24", "203.0.113.0/24")
PUBLIC_RANGE_V6 = "2001:db8::/48" # RFC 3849


def public_subnets(prefix):
    """Neighbours share no network: nobody takes another public host for one of the own LAN."""
    return (net for block in PUBLIC_RANGES
            for net in ipaddress.ip_network(block).subnets(new_prefix=prefix))


class KernelInternet:
    """Without delay; every hop of it is the kernel's."""

    def __init__(self, lab):
        self.machine = lab.namespace("middle")
        self.machine.sysctl("net.ipv4.ip_forward", 1)
        self.machine.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.free, self.links = public_subnets(29), 0
        self.free_v6 = ipaddress.ip_network(PUBLIC_RANGE_V6).subnets(new_prefix=64)

    def plug(self, host, device, addresses=1):
        gateway, *own = next(self.free).hosts()
        self.links += 1
        host.connect(self.machine, device, f"link{self.links}", f"{own[0]}/29", f"{gateway}/29")
        for more in own[1:addresses]:
            host.ip("address", "add", f"{more}/29", "dev", device)
        host.ip("route", "add", "default", "via", str(gateway))
        host.addresses = [str(address) for address in own[:addresses]]
        host.address = host.addresses[0]
        host.uplink = f"link{self.links}"

    def plug_v6(self, host, device):
        """A /64 for the link of a machine that is plugged in already."""
        gateway, own = itertools.islice(next(self.free_v6).hosts(), 2)
        self.machine.add_v6(f"{gateway}/64", host.uplink)
        host.add_v6(f"{own}/64", device)
        host.ip("-6", "route", "add", "default", "via", str(gateway))
        host.address_v6 = str(own)

    def delegate_v6(self, router):
        """A /64 for what is behind the router."""
        network = next(self.free_v6)
        self.machine.ip("-6", "route", "add", str(network), "via", router.address_v6)
        return network


class UserInternet:
    """The program tun_internet: commands.h has the words it knows."""

    NETWORK = "internet"

    def __init__(self, lab, program, seed):
        self.free = public_subnets(29)
        self.process = subprocess.Popen([program, str(seed)], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        lab.processes.append(self.process)

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("tun_internet has ended")
        answer = json.loads(answer)
        if not answer["ok"]:
            raise RuntimeError(f"tun_internet: {command}: {answer['why']}")
        return answer

    def path(self, **how):
        """delay_ms, loss, mbit, queue_ms: of every crossing of the internet, one way."""
        self.tell(do="path", network=self.NETWORK, **how)

    def datagrams(self):
        """UDP packets that set out on the internet so far, by (from, to)."""
        return {(source, to): count for source, to, count in self.tell(do="datagrams")["flows"]}

    def plug_user_router(self, _internet, _name):
        """A NAT of the program itself: (the network it is on, its address there)."""
        _, own, *_ = next(self.free).hosts()
        return self.NETWORK, str(own)

    def plug(self, host, device, addresses=1):
        _, *own = next(self.free).hosts()
        self.link(host, device, self.NETWORK, [str(address) for address in own[:addresses]])

    def link(self, host, device, network, addresses, prefix=32):
        """A TUN device as the only link of a machine, to a network of the program."""
        self.tun(host, device, network, addresses)
        for address in addresses:
            host.ip("address", "add", f"{address}/{prefix}", "dev", device)
        host.ip("route", "add", "default", "dev", device)
        host.addresses, host.address = addresses, addresses[0]

    def tun(self, host, device, network, addresses, uplink=False):
        host.ip("tuntap", "add", "dev", device, "mode", "tun")
        host.ip("link", "set", device, "txqueuelen", "2000", "up")
        self.tell(do="link", network=network, addresses=addresses, uplink=uplink, device=device,
                  netns=f"/run/netns/{host.path}")
