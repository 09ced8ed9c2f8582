#!/usr/bin/env python3
"""The layer test: who may include whom, as a table, and no cycles.

Imports go down only:
base -> wire, stun -> net -> {identity, signalling, nat, portmap, relay} -> punch -> transport
     -> {transfer, history}, peer -> engine -> app

Usage: layers.py [ROOT]      exit code 1 and one line per finding
"""

import re
import sys
from pathlib import Path

# What each folder may include besides itself: folders, or single headers. The longest key
# that a file's path starts with decides. Nothing here is an exception: there are none.
PROTOCOL = ["core/base", "core/wire", "core/stun"]
SERVICES = ["core/identity", "core/signalling", "core/nat", "core/portmap", "core/relay"]
DOOR = ["core/engine.h", "core/engine_types.h", "core/transport/peer_channel.h", "core/base"]
ALLOWED = {
    "core/base": [],
    "core/wire": ["core/base"],
    "core/stun": ["core/base"],
    "core/net": PROTOCOL,
    "core/identity": PROTOCOL + ["core/net"],
    "core/signalling": PROTOCOL + ["core/net", "core/identity"],
    "core/nat": PROTOCOL + ["core/net"],
    "core/portmap": PROTOCOL + ["core/net"],
    "core/relay": PROTOCOL + ["core/net"],
    "core/punch": PROTOCOL,  # knows values, not nat/, portmap/ or relay/
    "core/transport": PROTOCOL + ["core/net", "core/identity", "core/punch"],
    "core/transfer": ["core/base", "core/wire", "core/transport/peer_channel.h"],
    # The door's values are what it keeps.
    "core/history": ["core/base", "core/wire", "core/engine_types.h"],
    "core/peer": PROTOCOL + SERVICES + ["core/net", "core/punch", "core/transport"],
    "core/engine": ["core"],  # wiring: joins all that is below
    "core": ["core/base", "core/transport/peer_channel.h"],  # the door: values and one interface
    "app/cli": DOOR + ["app/cli"],
    "app/gui": DOOR + ["app/gui"],
    "app/gui/text": DOOR,
    "app/gui/theme": [],
    "app/gui/models": DOOR + ["app/gui/text"],  # models never show dialogs
    "app/gui/widgets": ["app/gui/models", "app/gui/text", "app/gui/theme"],  # no core data
    "rendezvous": PROTOCOL + ["rendezvous"],
    "tests": ["core", "app", "rendezvous", "tests"],
}
EXCEPTIONS = ()  # empty, and stays so

# Headers from outside that a folder must not see, by the same longest-prefix rule.
GUI_HEADERS = r"(QtGui|QtWidgets|QtSvg)/|Q(Gui)?Application$|QWidget|QDialog|QMessageBox|QPainter|QColor$|QIcon$|QPixmap"
# inet_pton and its Windows headers are not among them: they turn text into addresses.
SOCKET_HEADERS = (r"(sys/socket|sys/epoll|netinet/|poll\.h|asio)"
                  r"|QtNetwork/|Q(Tcp|Udp|Ssl|Abstract|Local)(Socket|Server)")
LOOP_HEADERS = r"Q(Timer|EventLoop|Thread|ElapsedTimer|BasicTimer|SocketNotifier)$"
FORBIDDEN = {
    "core": GUI_HEADERS,
    "core/base": GUI_HEADERS + "|" + SOCKET_HEADERS + "|" + LOOP_HEADERS,
    "core/wire": GUI_HEADERS + "|" + SOCKET_HEADERS + "|" + LOOP_HEADERS,
    "core/stun": GUI_HEADERS + "|" + SOCKET_HEADERS + "|" + LOOP_HEADERS,
    "core/punch": GUI_HEADERS + "|" + SOCKET_HEADERS + "|" + LOOP_HEADERS,
    "core/transfer": GUI_HEADERS + "|" + SOCKET_HEADERS,
    "core/peer": GUI_HEADERS + "|" + SOCKET_HEADERS,
    "app/cli": GUI_HEADERS,
    "rendezvous": GUI_HEADERS + r"|QtNetwork/|Q(Tcp|Udp|Ssl)(Socket|Server)",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCE_SUFFIXES = {".h", ".cpp"}


def longest_prefix(table, path):
    """The value of the longest key that is a folder above `path`."""
    keys = [key for key in table if path.startswith(key + "/")]
    return table[max(keys, key=len)] if keys else None


def covers(entry, path):
    return path == entry or path.startswith(entry + "/")


def includes(root):
    """Yields (file, quoted?, included name) of every source, paths relative to the root."""
    for top in ("core", "app", "rendezvous", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SOURCE_SUFFIXES:
                text = file.read_text(encoding="utf-8")
                for kind, name in INCLUDE.findall(text):
                    yield file.relative_to(root).as_posix(), kind == '"', name


def folder(path):
    return path.rpartition("/")[0]


def may_include(source, target):
    if folder(source) == folder(target):
        return True
    if folder(source).startswith("core/") and folder(source) not in ALLOWED:
        return False  # a new folder says first what it may include
    allowed = longest_prefix(ALLOWED, source) or []
    return any(covers(entry, target) for entry in allowed)


def cycles(graph):
    """Strongly connected groups of more than one node (Tarjan)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
                on_stack.discard(group[-1])
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def private_header(root, unit, header):
    """A header without a source of its own that includes the unit's: the unit's inner part."""
    file = root / header
    return (not file.with_suffix(".cpp").exists()
            and f'"{unit}.h"' in file.read_text(encoding="utf-8"))


def check(root):
    findings = []
    files, folders = {}, {}
    for source, quoted, name in includes(root):
        forbidden = longest_prefix(FORBIDDEN, source)
        if forbidden and re.match(forbidden, name):
            findings.append(f"{source}: {folder(source)}/ must not include <{name}>")
        if not quoted or name.endswith(".moc") or name.startswith("ui_"):
            continue
        if not (root / name).is_file():
            findings.append(f'{source}: "{name}" is not a path from the root')
            continue
        if not may_include(source, name):
            findings.append(f"{source}: {folder(source)}/ may not include {name}")
        # A header and its source are one unit, so a cycle through a .cpp counts too.
        unit, other = source.rpartition(".")[0], name.rpartition(".")[0]
        if unit != other and not private_header(root, unit, name):
            files.setdefault(unit, set()).add(other)
        # Depending on peer_channel.h, an interface of values, is not depending on transport/;
        # a folder and one inside it are parts of one thing.
        above, below = folder(source), folder(name)
        if not covers(above, below) and not covers(below, above) \
                and name != "core/transport/peer_channel.h":
            folders.setdefault(above, set()).add(below)
    findings += ["cycle of files: " + " -> ".join(group) for group in cycles(files)]
    findings += ["cycle of folders: " + " -> ".join(group) for group in cycles(folders)]
    return findings


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    if EXCEPTIONS:
        sys.exit("the exception list must stay empty")
    findings = check(root)
    for line in findings:
        print(line)
    count = sum(1 for _ in includes(root))
    print(f"{count} includes read, {len(findings)} against the layers")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
