#!/usr/bin/env python3
"""clang-tidy over every source of a build, warnings as errors; unchanged files are not read again.

Usage: tidy.py BUILD_FOLDER [-j JOBS]

What a verdict depends on (the tool, .clang-tidy, the command, the file and the headers of ours it
includes) is its key, the same in every clone; clean verdicts are kept in the user's cache folder,
beside ccache's.

Nearly all the time goes into the system's headers, which every source includes and clang-tidy walks
through. So the sources of one folder are read together, as one; only where they clash alone.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "postern-tidy"
GROUP = 12  # sources read together
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def command_for_clang(entry):
    """The compiler's own flags, without ccache and GCC's precompiled headers."""
    words, flags, skip = shlex.split(entry["command"]), [], False
    compiler = next(i for i, word in enumerate(words) if re.search(r"(c\+\+|g\+\+|clang\+\+)", Path(word).name))
    words = words[compiler + 1:]
    for i, word in enumerate(words):
        if word == "-isystem":
            flags.append(word + words[i + 1])
            skip = True
        elif skip:
            skip = False
        elif word == "-include" and "cmake_pch" in words[i + 1]:
            skip = True
        elif word in ("-o", "-MF", "-MT", "-c"):
            skip = True
        elif word not in ("-MD", "-Werror", "-Winvalid-pch", "-fpch-preprocess"):
            flags.append(word)
    return flags


def sources(build):
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "*.cpp"], capture_output=True, text=True, check=True)
    tracked = set(listed.stdout.split("\n"))
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        file = Path(entry["directory"], entry["file"]).resolve()
        name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
        if name in tracked and name not in seen:
            seen.add(name)
            yield name, command_for_clang(entry)


def key(name, flags, tool):
    here = (flag.replace(str(ROOT), ".") for flag in flags)
    digest = hashlib.sha256("\0".join([tool, *here]).encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop()
        if current in seen or not (ROOT / current).is_file():
            continue
        seen.add(current)
        content = (ROOT / current).read_bytes()
        digest.update(current.encode() + b"\0" + content)
        waiting += sorted(found.decode() for found in INCLUDE.findall(content))
    return digest.hexdigest()


def groups(items):
    """Lists of (name, flags) that share a folder and flags but for folders of generated files."""
    together = {}
    for name, flags in items:
        shared = tuple(flag for flag in flags if "_autogen/" not in flag)
        together.setdefault((os.path.dirname(name), shared), []).append((name, flags))
    for members in together.values():
        for start in range(0, len(members), GROUP):
            yield members[start:start + GROUP]


def tidy(members):
    """Reads the members as one source; returns (clean?, compiles?, output)."""
    flags = list(dict.fromkeys(flag for _, flags in members for flag in flags))
    lines = []
    for index, (name, _) in enumerate(members):
        lines.append(f'#define main main_of_{index}\n#include "{name}"\n#undef main\n')
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", dir=CACHE) as together:
        together.write("".join(lines))
        together.flush()
        done = subprocess.run(["clang-tidy", "--quiet", together.name, "--", *flags, "-w"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
    output = re.sub(r"^\d+ warnings?.*generated\.\n|^Suppressed .*\n|^Use -header.*\n", "",
                    done.stdout + done.stderr, flags=re.MULTILINE)
    return done.returncode == 0, "clang-diagnostic-error" not in output, output


def examine(members, tool):
    """Returns the findings in a group of sources, as text; remembers those that are clean."""
    keys = [key(name, flags, tool) for name, flags in members] # before: one may change meanwhile
    clean, compiles, output = tidy(members)
    if not compiles and len(members) > 1:
        return "".join(examine([member], tool) for member in members)
    if clean:
        for verdict in keys:
            (CACHE / verdict).touch()
        return ""
    return output


def forget_old_verdicts():
    for verdict in CACHE.iterdir():
        if time.time() - verdict.stat().st_mtime > 30 * 24 * 3600:
            verdict.unlink()


def main():
    build = ROOT / sys.argv[1]
    jobs = int(sys.argv[sys.argv.index("-j") + 1]) if "-j" in sys.argv else os.cpu_count()
    CACHE.mkdir(parents=True, exist_ok=True)
    forget_old_verdicts()
    tool = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    files = list(sources(build))
    unknown = []
    for name, flags in files:
        verdict = CACHE / key(name, flags, tool)
        if verdict.exists():
            verdict.touch()
        else:
            unknown.append((name, flags))
    findings = set()
    with ThreadPoolExecutor(jobs) as pool:
        for output in pool.map(lambda members: examine(members, tool), groups(unknown)):
            if output and output not in findings:
                findings.add(output)
                print(output)
    print(f"{len(files)} sources, {len(unknown)} read, the others unchanged since they were clean")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
