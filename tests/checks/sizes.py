#!/usr/bin/env python3
"""The size test: files of at most 600 lines, functions of at most 60, names that say something.

Usage: sizes.py [ROOT]      exit code 1 and one line per finding
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
TEXT = {".h", ".cpp", ".py", ".sh", ".cmake", ".txt"}
HOLLOW_NAME = re.compile(r"^(.*_)?(utils?|helpers?|managers?|common|misc)$")

# Comments, strings and characters hide braces; each becomes as many lines as it had.
NOISE = re.compile(
    r'R"(?P<tag>[^()\s\\]*)\((?:.|\n)*?\)(?P=tag)"'
    r"|//[^\n]*|/\*(?:.|\n)*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
    re.MULTILINE,
)
SCOPE = re.compile(r"(^|[\s>])(namespace|class|struct|union|enum|extern)\b(?!.*=\s*$)", re.DOTALL)
SIGNATURE_END = re.compile(
    r"\)\s*(const\b|noexcept\b(\s*\([^()]*\))?|override\b|final\b|mutable\b|&&?|\s)*"
    r"(->\s*[\w:<>,&*\s]+)?$"
)
CONSTRUCTOR_LIST = re.compile(r"\)\s*(noexcept\s*)?:[^:]")


def kind_of_brace(head):
    """What a '{' opens, judged by the text since the last ';', '{' or '}'."""
    head = head.strip()
    if CONSTRUCTOR_LIST.search(head):
        return "body" if head.endswith((")", "{}")) else "initializer"
    if SIGNATURE_END.search(head) and not re.search(r"[=,]\s*\w*\([^()]*\)$", head):
        return "body"
    if SCOPE.search(head):
        return "scope"
    return "initializer"


def functions(text):
    """Yields (name, line, lines of the body) of every function outside another function."""
    text = NOISE.sub(lambda match: "\n" * match.group().count("\n"), text)
    line, head, stack = 1, "", []  # stack of (kind, head at the brace, line)
    for char in text:
        line += char == "\n"
        inside = any(kind == "body" for kind, _, _ in stack)
        if char == "{":
            stack.append(("block" if inside else kind_of_brace(head), head, line))
            head = ""
        elif char == "}" and stack:
            kind, opened, start = stack.pop()
            head = opened + "{}" if kind == "initializer" else ""
            if kind == "body":
                name = re.search(r"([\w:~]+|operator[^\s(]+)\s*\(", opened)
                yield (name.group(1) if name else "?", start, max(0, line - start - 1))
        elif char == ";":
            head = ""
        else:
            head += char


def tracked(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split("\0") if name]
    return [file.relative_to(root).as_posix() for file in Path(root).rglob("*") if file.is_file()]


def check(root, names):
    findings = []
    for name in names:
        file = Path(root, name)
        if not file.is_file() or (file.suffix not in TEXT and name != "dev"):
            continue
        if HOLLOW_NAME.match(file.stem):
            findings.append(f"{name}: a name that hides what is inside")
        text = file.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            findings.append(f"{name}: {lines} lines, at most {MAX_FILE_LINES}")
        if file.suffix in {".h", ".cpp"}:
            findings += [
                f"{name}:{start}: {function}() has {length} lines, at most {MAX_FUNCTION_LINES}"
                for function, start, length in functions(text)
                if length > MAX_FUNCTION_LINES
            ]
    return findings


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    names = tracked(root)
    findings = check(root, names)
    for line in findings:
        print(line)
    print(f"{len(names)} files read, {len(findings)} too large or badly named")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
