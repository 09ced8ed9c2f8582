"""A real miniupnpd on a router of the lab: UPnP, NAT-PMP and PCP by the code that many home
routers run."""

import re
import shutil
import subprocess
import time

CHAINS = """table inet filter {
        chain forward {
            type filter hook forward priority filter;
            jump miniupnpd
        }
        chain miniupnpd {
        }
        chain prerouting {
            type nat hook prerouting priority dstnat;
            jump prerouting_miniupnpd
        }
        chain prerouting_miniupnpd {
        }
        chain postrouting {
            type nat hook postrouting priority srcnat - 1;
            jump postrouting_miniupnpd
        }
        chain postrouting_miniupnpd {
        }
    }"""
# The first byte of a question to port 5351 is its version: 0 is NAT-PMP, 2 is PCP.
MUTE = """table inet mute {{
        chain input {{
            type filter hook input priority filter;
            udp dport 5351 @th,64,8 {version} drop
        }}
    }}"""
PROTOCOLS = {"0x6": "tcp", "0x11": "udp"} # as nft shows the byte of the IP header
VERSIONS = {"nat-pmp": 0, "pcp": 2}


def why_not():
    return None if shutil.which("miniupnpd") else "needs miniupnpd"


class Miniupnpd:
    """Speaks the given languages to the inside of `router`; `ext_ip` is what it says its
    outside address is."""

    def __init__(self, router, folder, speaks=("upnp", "nat-pmp", "pcp"), ext_ip=None):
        self.router = router
        self.log = folder / f"{router.name}-miniupnpd.log"
        conf = folder / f"{router.name}-miniupnpd.conf"
        by_pmp = [language for language in VERSIONS if language in speaks]
        lines = [
            "ext_ifname=wan", "listening_ip=lan", "ipv6_disable=yes", "secure_mode=yes",
            "system_uptime=yes", "uuid=9ab28c4b-aea7-42f7-b7df-772186cfbdfd",
            f"enable_upnp={'yes' if 'upnp' in speaks else 'no'}",
            f"enable_natpmp={'yes' if by_pmp else 'no'}",
            *([f"ext_ip={ext_ip}"] if ext_ip else []),
            f"allow 1024-65535 {router.network} 1024-65535", "deny 0-65535 0.0.0.0/0 0-65535"]
        conf.write_text("\n".join(lines) + "\n")
        router.nft(CHAINS)
        if len(by_pmp) == 1:
            (mute,) = VERSIONS.keys() - by_pmp
            router.nft(MUTE.format(version=VERSIONS[mute]))
        with open(self.log, "wb") as log:
            self.process = router.start(
                "miniupnpd", "-d", "-f", conf, "-P", folder / f"{router.name}-miniupnpd.pid",
                stdout=log, stderr=subprocess.STDOUT)
        self.await_port("1900" if "upnp" in speaks else "5351")

    def await_port(self, port):
        deadline = time.monotonic() + 20
        while f":{port} " not in self.router.run("ss", "-lnu"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"miniupnpd did not start\n{self.log.read_text()}")
            time.sleep(0.02)

    def mappings(self):
        """{(protocol, outer port)} as the kernel has them."""
        found = set()
        rules = self.router.run("nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd")
        for line in rules.splitlines():
            if mapping := re.search(r"@nh,72,8 (0x\w+) th dport (\d+) dnat", line):
                found.add((PROTOCOLS[mapping[1]], int(mapping[2])))
        return found
