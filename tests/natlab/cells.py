"""The table of NAT pairs as data: what stands between two people, how they must come to each
other, and how well. FACTS of the field, section 1; RFC 4787's words."""

import dataclasses

SEQUENTIAL = {"mapping": "APDM", "filtering": "APDF", "allocation": "sequential"}
RANDOM = {"mapping": "APDM", "filtering": "APDF", "allocation": "random"}
BLOCK_PORTS = 2016 # of one subscriber of a carrier


@dataclasses.dataclass(frozen=True)
class Network:
    """What one person sits behind.

    stance    the row of the table it belongs to
    tcp       its TCP mapping can be foreseen, so simultaneous open can work
    kernel    options of a kernel router, or None
    user      the description of a userspace router, or None; neither: a public host
    """

    stance: str
    tcp: bool
    kernel: dict | None = None
    user: dict | None = None

    def host(self, lab, name):
        if self.kernel is not None:
            return lab.router(f"{name}-home", **self.kernel).host(name)
        if self.user is not None:
            return lab.user_router(f"{name}-home", **self.user).host(name)
        return lab.public_host(name)


NETWORKS = {
    "public": Network("public", True),
    "full-cone": Network("loose", True, user={"mapping": "EIM", "filtering": "EIF"}),
    "full-cone-kernel": Network("loose", True, kernel={"full_cone": True}),
    "restricted-cone": Network("loose", True, user={"mapping": "EIM", "filtering": "ADF"}),
    "port-restricted": Network("strict", True, user={"mapping": "EIM", "filtering": "APDF"}),
    "masquerade": Network("strict", True, kernel={}),
    "symmetric-open": Network("open", False, user=RANDOM | {"filtering": "EIF"}),
    "symmetric-sequential": Network("sequential", True, user=SEQUENTIAL),
    "symmetric-sequential-2": Network("sequential", True, user=SEQUENTIAL | {"delta": 2}),
    "symmetric-sequential-down": Network("sequential", True, user=SEQUENTIAL | {"delta": -1}),
    "symmetric-adm": Network("random", False, user=RANDOM | {"mapping": "ADM"}),
    "symmetric-block": Network("block", False, user=RANDOM | {"allocation": "block"}),
    "symmetric-random": Network("random", False, user=RANDOM),
    "masquerade-random": Network("random", False, kernel={"flags": "random,fully-random"}),
    "udp-blocked": Network("blocked", True, user={"passes_udp": False}),
    "udp-blocked-kernel": Network("blocked", True, kernel={"passes_udp": False}),
}

# Two people who share more than the internet: (words, function of the lab to their hosts).
def one_lan(lab):
    home = lab.router("home")
    return home.host("alice"), home.host("bob")


def carrier(lab, **nat):
    """Two homes behind one carrier's NAT, without hairpin unless it is told."""
    shared = lab.user_router("carrier", **nat)
    return shared.router("alice-home").host("alice"), shared.router("bob-home").host("bob")


def kernel_carrier(lab):
    shared = lab.router("carrier")
    return shared.router("alice-home").host("alice"), shared.router("bob-home").host("bob")


def three_layers(lab):
    home = lab.user_router("carrier").router("street").router("home")
    return home.host("alice"), lab.router("bob-home").host("bob")


def nested_and_home(lab):
    return (lab.user_router("carrier").router("alice-home").host("alice"),
            lab.router("bob-home").host("bob"))


def equal_networks(lab):
    """Both homes number their hosts alike, as homes do."""
    hosts = []
    for name in ("alice", "bob"):
        lab.use_equal_networks()
        hosts.append(lab.router(f"{name}-home").host(name))
    return hosts


SHARED = {
    "one-lan": one_lan,
    "carrier-hairpin": lambda lab: carrier(lab, hairpin=True),
    "carrier-hairpin-symmetric": lambda lab: carrier(
        lab, hairpin=True, mapping="APDM", filtering="APDF", allocation="preserve"),
    "carrier-no-hairpin": carrier,
    "kernel-carrier": kernel_carrier,
    "nested + home": nested_and_home,
    "three-layers + home": three_layers,
    "equal-private-networks": equal_networks,
}


@dataclasses.dataclass(frozen=True)
class Demand:
    """What must come out of a cell.

    kinds     of path, any of them
    rate      at least so many of the runs
    p50, p95  seconds until a direct path
    """

    name: str
    kinds: tuple
    rate: float = 1.0
    p50: float | None = None
    p95: float | None = None

    @property
    def is_direct(self):
        return "relay" not in self.kinds


DIRECT = ("lan", "tcp", "udp")
LAN = Demand("lan", ("lan",), p95=0.5)
PLAIN = Demand("plain", DIRECT, p95=0.5)
PREDICTION = Demand("prediction", DIRECT, p95=1.5)
BOTH_PREDICT = Demand("prediction", DIRECT, rate=0.95, p95=1.5)
BIRTHDAY = Demand("birthday", DIRECT, rate=0.95, p50=4.0, p95=8.0)
ODDS = Demand("by odds", (*DIRECT, "relay"))
TCP_OPEN = Demand("tcp open", ("tcp",), p95=8.0)
RELAY = Demand("relay", ("relay",))

# By stances, either way round. "loose": full or restricted cone, "strict": port restricted.
TABLE = {
    ("loose", "loose"): PLAIN, ("loose", "strict"): PLAIN, ("strict", "strict"): PLAIN,
    ("loose", "open"): PLAIN, ("loose", "sequential"): PLAIN, ("loose", "block"): PLAIN,
    ("loose", "random"): PLAIN,
    ("strict", "sequential"): PREDICTION,
    ("strict", "open"): BIRTHDAY, ("strict", "block"): BIRTHDAY, ("strict", "random"): BIRTHDAY,
    ("open", "open"): BIRTHDAY, ("open", "sequential"): BIRTHDAY, ("open", "block"): BIRTHDAY,
    ("open", "random"): BIRTHDAY,
    ("sequential", "sequential"): BOTH_PREDICT,
    ("sequential", "block"): ODDS, ("sequential", "random"): RELAY,
    ("block", "block"): ODDS, ("block", "random"): RELAY, ("random", "random"): RELAY,
}
SHARED_DEMANDS = {"one-lan": LAN, "carrier-no-hairpin": RELAY, "kernel-carrier": RELAY,
                  "carrier-hairpin-symmetric": BOTH_PREDICT}


@dataclasses.dataclass(frozen=True)
class Cell:
    """The first sends to the second; `turned`: the second of what two share sends."""

    first: str
    second: str = ""
    turned: bool = False

    @property
    def name(self):
        if self.second:
            return f"{self.first} > {self.second}"
        return self.first + (" (turned)" if self.turned else "")

    def hosts(self, lab):
        """(the sender's, the receiver's)"""
        if self.second:
            return (NETWORKS[self.first].host(lab, "alice"),
                    NETWORKS[self.second].host(lab, "bob"))
        hosts = SHARED[self.first](lab)
        return tuple(reversed(hosts)) if self.turned else tuple(hosts)

    @property
    def demand(self):
        if not self.second:
            return SHARED_DEMANDS.get(self.first, PLAIN)
        one, two = NETWORKS[self.first], NETWORKS[self.second]
        if "public" in (one.stance, two.stance):
            return PLAIN
        if "blocked" in (one.stance, two.stance):
            return TCP_OPEN if one.tcp and two.tcp else RELAY
        return TABLE.get((one.stance, two.stance)) or TABLE[(two.stance, one.stance)]


def all_cells():
    pairs = [Cell(first, second) for first in NETWORKS for second in NETWORKS]
    return pairs + [Cell(name, turned=turned) for name in SHARED for turned in (False, True)]
