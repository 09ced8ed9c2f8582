"""What was measured, run by run: a file to which further invocations add."""

import collections
import dataclasses
import json
import os

from meetings import Attempt


class RunBook:
    """runs      by name of the cell, the attempts
    sessions  of each invocation: when, command, commit, runs, the load before"""

    def __init__(self, path=None, adds=False):
        self.path = path
        self.runs = collections.defaultdict(list)
        self.sessions = []
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path and adds and path.exists():
            for line in path.read_text().splitlines():
                self.take(json.loads(line))
        elif path:
            path.write_text("")

    def take(self, entry):
        if "session" in entry:
            self.sessions.append(entry["session"] | {"runs": 0})
        else:
            known = {field.name for field in dataclasses.fields(Attempt)} # more in older books
            run = {name: value for name, value in entry["run"].items() if name in known}
            self.runs[entry["cell"]].append(Attempt(**run))
            self.sessions[-1]["runs"] += 1

    def note(self, entry):
        self.take(entry)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")

    def begin(self, when, command, commit):
        self.note({"session": {"when": f"{when:%Y-%m-%d %H:%M} UTC", "command": command,
                               "commit": commit, "load": os.getloadavg()[0]}})

    def add(self, cell, attempts):
        for attempt in attempts:
            self.note({"cell": cell, "run": dataclasses.asdict(attempt) | {"words": ""}})
