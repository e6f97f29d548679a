#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include of include/ and src/ against tools/layers.txt.

Prints one line `file:line: message` for each violation and ends with status 1 if there is one.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".h", ".hpp", ".c", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')

# The headers of C++20's library have no dot. These of C and POSIX, Linux and the compilers are as open.
SYSTEM_FOLDERS = ("sys/", "linux/", "netinet/", "arpa/", "net/", "bits/")
SYSTEM_HEADERS = set(
    """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg
    stdatomic stdbool stddef stdint stdio stdlib string time uchar wchar wctype
    aio cpio dirent dlfcn fcntl fnmatch ftw getopt glob grp iconv langinfo libgen link mqueue netdb poll pthread
    pwd regex sched semaphore spawn strings syslog termios unistd utime elf execinfo features ucontext
    cpuid immintrin x86intrin xmmintrin emmintrin nmmintrin smmintrin tmmintrin arm_neon cxxabi
    """.split()
)


def read_layers(path):
    """folder -> (level, allowed third-party headers), as tools/layers.txt says."""
    layers = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if len(words) < 2 or not words[0].isdigit():
            sys.exit(f"{path.relative_to(ROOT)}:{number}: expected: level folder [headers ...]")
        layers[words[1]] = (int(words[0]), words[2:])
    return layers


def folder_of(path, layers):
    """The layer that a file (relative to the root) belongs to, or None."""
    name = path.as_posix()
    owners = [folder for folder in layers if name.startswith(folder + "/")]
    return max(owners, key=len) if owners else None


def is_system(header):
    if "." not in header:
        return "/" not in header  # <vector>
    return header.startswith(SYSTEM_FOLDERS) or (header.endswith(".h") and header[:-2] in SYSTEM_HEADERS)


def own_file(including, header):
    """The file of this project that the include names (relative to the root), or None."""
    for base in (including.parent, ROOT / "src", ROOT / "include"):
        candidate = (base / header).resolve()
        if candidate.is_file() and candidate.is_relative_to(ROOT):
            return candidate.relative_to(ROOT)
    if header.startswith("penstock/"):
        return Path("include") / header
    return None


def judge(path, header, layers):
    """What is wrong with this include, or None."""
    folder = folder_of(path.relative_to(ROOT), layers)
    level, third_party = layers[folder]
    own = own_file(path, header)
    if own is None:
        if is_system(header):
            return None
        allowed = any(
            header.startswith(name) if name.endswith("/") else header == name for name in third_party
        )
        return None if allowed else f"{folder} may not include third-party <{header}>"

    other = folder_of(own, layers)
    if other is None:
        return f'"{header}" lies in no layer'
    if other == folder:
        return None
    other_level = layers[other][0]
    if other_level == level:
        return f'{folder} includes its sibling {other} ("{header}"), both level {level}'
    if other_level > level:
        return f'{folder} (level {level}) includes {other} (level {other_level}, "{header}")'
    return None


def main():
    layers = read_layers(ROOT / "tools" / "layers.txt")
    problems = 0
    files = 0
    for path in sorted(p for top in ("include", "src") for p in (ROOT / top).rglob("*")):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        files += 1
        name = path.relative_to(ROOT)
        if folder_of(name, layers) is None:
            print(f"{name}:1: this folder has no row in tools/layers.txt")
            problems += 1
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            problem = judge(path, match[1] or match[2], layers) if match else None
            if problem:
                print(f"{name}:{number}: {problem}")
                problems += 1
    print(f"layers: {files} files, {problems} violations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
