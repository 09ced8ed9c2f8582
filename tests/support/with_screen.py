#!/usr/bin/env python3
"""Runs a command on a virtual screen of its own: no test touches the desktop in use, and none
takes the focus from another's window.

Usage: with_screen.py COMMAND [ARGUMENT...]

Screenshots go to POSTERN_SHOTS_DIR, where that is set.
"""

import os
import select
import subprocess
import sys

SIZE = "1600x1200x24"
PATIENCE = 30 # seconds until the screen is there


def start_screen():
    """(the server's process, the number of its display, or None)"""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(theirs), "-screen", "0", SIZE, "-nolisten", "tcp"],
        pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        ready, _, _ = select.select([pipe], [], [], PATIENCE)
        return server, pipe.readline().strip() if ready else None


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        server, number = start_screen()
    except FileNotFoundError:
        sys.exit("Xvfb is not installed; ./dev test installs it.")
    try:
        if not number:
            sys.exit("Xvfb did not start.")
        words = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
        here = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"} | words
        return subprocess.run(sys.argv[1:], env=here, check=False).returncode
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
