"""Routers with NAT: the kernel's own in a namespace, and those of tun_internet, which can be
what the kernel can't. Both have hosts, and routers, behind them."""

import subprocess

from machines import Host


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


def full_cone_rules(wan, host):
    """Every port of the router is the host's, for anyone: a port-preserving full cone."""
    return f"""table ip full_cone {{
        chain prerouting {{
            type nat hook prerouting priority dstnat;
            iifname "{wan}" udp dport 1024-65535 dnat to {host}
        }}
    }}"""


def no_udp_rules():
    return """table inet no_udp {
        chain forward {
            type filter hook forward priority filter;
            meta l4proto udp drop
        }
    }"""


def firewall_v6_rules(wan):
    """What a home router lets in by IPv6: answers, and what its own work takes (RFC 4890)."""
    return f"""table ip6 firewall {{
        chain forward {{
            type filter hook forward priority filter;
            ct state established,related accept
            iifname "{wan}" meta l4proto icmpv6 accept
            iifname "{wan}" drop
        }}
    }}"""


class Place:
    """What machines and routers can stand behind."""

    def host(self, name):
        host = Host(self.lab, name)
        self.plug(host, "eth0")
        return host

    def router(self, name, **options):
        return Router(self.lab, name, self, **options)

    def user_router(self, name, **options):
        return UserRouter(self.lab, name, self, **options)


class Router(Place, Host):
    """A home router as the kernel makes it: masquerade, with what else is asked for.

    flags               of masquerade: "random,fully-random" makes it symmetric
    drops_unsolicited   strangers' packets leave no trace, so they poison no port
    full_cone           its first host has every port, for anyone
    passes_udp          False: UDP does not get through
    ipv6                "firewall": its hosts have IPv6 behind a firewall that keeps state; "open":
                        without one. For a router of the kernel's internet
    """

    def __init__(self, lab, name, place, flags="", drops_unsolicited=False, full_cone=False,
                 passes_udp=True, ipv6=None):
        super().__init__(lab, name)
        lab.routers.append(self)
        place.plug(self, "wan")
        self.network = lab.private_network()
        self.free = self.network.hosts()
        self.inside = next(self.free)
        self.ports = 0
        self.is_full_cone = full_cone
        self.free_v6 = None
        self.ip("link", "add", "lan", "type", "bridge")
        self.ip("address", "add", f"{self.inside}/24", "dev", "lan")
        self.ip("link", "set", "lan", "up")
        self.sysctl("net.ipv4.ip_forward", 1)
        self.nft(masquerade_rules("wan", flags))
        if drops_unsolicited:
            self.nft(drop_unsolicited_rules("wan"))
        if not passes_udp:
            self.nft(no_udp_rules())
        if ipv6:
            self.open_v6(place, firewall=ipv6 == "firewall")

    def open_v6(self, internet, firewall):
        self.sysctl("net.ipv6.conf.all.forwarding", 1)
        internet.plug_v6(self, "wan")
        self.free_v6 = internet.delegate_v6(self).hosts()
        self.inside_v6 = next(self.free_v6)
        self.add_v6(f"{self.inside_v6}/64", "lan")
        if firewall:
            self.nft(firewall_v6_rules("wan"))

    def plug(self, host, device):
        """Another machine on the private network: its gateway is this router."""
        host.address = str(next(self.free))
        self.ports += 1
        port = f"port{self.ports}"
        host.connect(self, device, port, f"{host.address}/24")
        self.ip("link", "set", port, "master", "lan")
        host.ip("route", "add", "default", "via", str(self.inside))
        if self.free_v6:
            host.address_v6 = str(next(self.free_v6))
            host.add_v6(f"{host.address_v6}/64", device)
            host.ip("-6", "route", "add", "default", "via", str(self.inside_v6))
        if self.is_full_cone and self.ports == 1:
            self.nft(full_cone_rules("wan", host.address))

    def plug_user_router(self, internet, name):
        """A NAT of tun_internet as a machine of our network: (the network's name there, its
        address)."""
        address = str(next(self.free))
        self.ports += 1
        device, network = f"tun{self.ports}", f"{self.name}-{name}"
        internet.tun(self, device, network, [str(self.inside)], uplink=True)
        self.ip("route", "add", f"{address}/32", "dev", device)
        self.sysctl("net.ipv4.conf.lan.proxy_arp", 1)
        return network, address

    def forget_udp(self):
        # It ends with 1 where there was nothing to forget.
        subprocess.run(self.command("conntrack", "-D", "-p", "udp"), capture_output=True,
                       check=False)


class UserRouter(Place):
    """A router of tun_internet; mapping, filtering, allocation and the rest as commands.h says.

    tcp, passes_udp, passes_tcp, refusal   beside the description of its UDP
    """

    def __init__(self, lab, name, place, tcp=None, passes_udp=True, passes_tcp=True,
                 refusal="silence", **udp):
        self.lab, self.name = lab, name
        lab.routers.append(self)
        self.internet = lab.internet
        self.network = lab.private_network()
        self.free = self.network.hosts()
        outside, self.address = place.plug_user_router(self.internet, name)
        self.internet.tell(do="nat", name=name, outside=outside, outer=self.address,
                           gateway=str(next(self.free)), udp=udp, tcp=tcp or udp, refusal=refusal,
                           passes_udp=passes_udp, passes_tcp=passes_tcp)

    def plug(self, host, device):
        self.internet.link(host, device, self.name, [str(next(self.free))], prefix=24)

    def plug_user_router(self, _internet, _name):
        return self.name, str(next(self.free))

    def forget_udp(self):
        self.internet.tell(do="forget", nat=self.name, protocol="udp")

    def restart(self):
        """Every mapping is gone, connections of TCP with them."""
        for protocol in ("udp", "tcp"):
            self.internet.tell(do="forget", nat=self.name, protocol=protocol)
