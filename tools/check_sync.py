#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every use of an atomic says its order and its sync point.

The rules:
  1. Atomics live only in the folders of FOLDERS.
  2. Every atomic access (load, store, exchange, compare_exchange_*, fetch_*, test_and_set, wait) spells a
     std::memory_order; an atomic member is not read or written by an operator.
  3. Every access and every declaration of an atomic carries `[S<number>]`: on one of its own lines, or in a
     comment above it in the same paragraph (no blank line between, at most PARAGRAPH_LINES up).
  4. Every id in use has a row `| S<number> | ...` in docs/concurrency.md, every row is in use, and the row
     names a test (Suite.Case) that exists.
  5. No std::atomic_thread_fence: ThreadSanitizer cannot see it.

A call that only looks like an access (a member named load, ...) is let through by `// not atomic` on its line.
Prints one line `file:line: message` for each violation and ends with status 1 if there is one.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("include/penstock", "src/base", "src/pipeline")
TABLE = ROOT / "docs" / "concurrency.md"
SUFFIXES = {".h", ".hpp", ".cpp"}
PARAGRAPH_LINES = 25

TAG = re.compile(r"\[(S\d+(?:\s*,\s*S\d+)*)\]")
ACCESS = re.compile(
    r"(?:\.|->)\s*(load|store|exchange|compare_exchange_weak|compare_exchange_strong"
    r"|fetch_(?:add|sub|and|or|xor)|test_and_set)\s*\("
)
DECLARATION = re.compile(r"\bstd::atomic(?:_flag\b|_ref\b|_\w+\b|\s*<)")
FUNCTIONS = re.compile(r"\bstd::atomic_(thread_fence|signal_fence)\s*\(")
MEMBER = re.compile(r"\bstd::atomic(?:_flag|\s*<[^;{}()]*>)\s+(\w+)\s*(?:\{|;|=|\[)")
ROW = re.compile(r"^\|\s*\**(S\d+)\**\s*\|(.*)$")
TEST_NAME = re.compile(r"\b([A-Z]\w*)\.([A-Za-z]\w*)\b")
TEST_CASE = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)")
TOKEN = re.compile(
    r'R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"  # not the separator in 65'536
    r"|//[^\n]*|/\*.*?\*/",
    re.S,
)


def blank(text):
    """The text with comments and literals as blanks, every line and column kept."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def closing(code, start):
    """The index behind the parenthesis that closes the one at `start`."""
    depth = 0
    for index in range(start, len(code)):
        depth += (code[index] == "(") - (code[index] == ")")
        if depth == 0:
            return index + 1
    return len(code)


class Source:
    def __init__(self, path):
        self.name = path.relative_to(ROOT).as_posix()
        self.text = path.read_text(errors="replace")
        self.code = blank(self.text)
        self.lines = self.text.split("\n")

    def line_of(self, index):
        return self.code.count("\n", 0, index)

    def tags(self, first, last):
        """The ids of the lines first..last; if there is none, those nearest above in the paragraph."""
        found = self.tags_within(first, last)
        line = first - 1
        while not found and line >= 0 and first - line <= PARAGRAPH_LINES:
            if not self.lines[line].strip():
                break
            found = self.tags_within(line, line)
            line -= 1
        return found

    def tags_within(self, first, last):
        ids = set()
        for match in TAG.finditer("\n".join(self.lines[first : last + 1])):
            ids.update(re.split(r"\s*,\s*", match[1]))
        return ids

    def statement(self, start, end):
        """First and last line of the statement around code[start:end]."""
        before = max(self.code.rfind(mark, 0, start) for mark in ";{}")
        while before + 1 < start and self.code[before + 1].isspace():
            before += 1
        after = min((i for i in (self.code.find(mark, end) for mark in ";{}") if i >= 0), default=end)
        return self.line_of(before + 1), self.line_of(after)


class Checker:
    def __init__(self):
        self.problems = []
        self.used = {}  # id -> the first place

    def report(self, source, line, message):
        self.problems.append((source.name, line + 1, message))

    def require_tag(self, source, start, end, what):
        first, last = source.statement(start, end)
        tags = source.tags(first, last)
        line = source.line_of(start)
        if not tags:
            self.report(source, line, f"{what} has no [S<number>] on it or above it")
        for tag in tags:
            self.used.setdefault(tag, (source.name, line + 1))

    def check_accesses(self, source):
        for match in ACCESS.finditer(source.code):
            line = source.line_of(match.start())
            if "not atomic" in source.lines[line]:
                continue
            end = closing(source.code, match.end() - 1)
            if "memory_order" not in source.code[match.start() : end]:
                self.report(source, line, f"{match[1]}() does not spell its std::memory_order")
            self.require_tag(source, match.start(), end, f"{match[1]}()")

    def check_fences(self, source):
        for match in FUNCTIONS.finditer(source.code):
            if match[1] == "thread_fence":
                line = source.line_of(match.start())
                self.report(source, line, "a free-standing fence: ThreadSanitizer cannot see it")
            else:
                self.require_tag(source, match.start(), match.end(), "atomic_signal_fence()")

    def check_declarations(self, source):
        for match in MEMBER.finditer(source.code):
            self.require_tag(source, match.start(), match.end(), f"the atomic {match[1]}")

    def check_operators(self, source, names):
        if not names:
            return
        # A plain name may as well be a parameter; a member is told by its underscore or its object.
        any_name = "|".join(sorted(map(re.escape, names)))
        plain = "|".join(sorted(re.escape(name) for name in names if name.endswith("_"))) or "(?!)"
        member = rf"(?:(?<=[\w)\]]\.)|(?<=[\w)\]]->))(?:{any_name})\b"
        patterns = (
            rf"(?:\+\+|--)\s*((?:\w+(?:\.|->))+(?:{any_name})\b(?!\s*[.(\[])|(?:{plain})\b(?!\s*[.(\[]))",
            rf"({member}|\b(?:{plain})\b)\s*(?:\+\+|--|[-+|&^]=|=(?!=))",
        )
        for pattern in patterns:
            for match in re.finditer(pattern, source.code):
                start = source.code.rfind("\n", 0, match.start()) + 1
                end = source.code.find("\n", match.start())
                if DECLARATION.search(source.code[start:end]):
                    continue
                line = source.line_of(match.start())
                if "not atomic" not in source.lines[line]:
                    self.report(source, line, f"the atomic {match[1]} is used by an operator")

    def check_table(self):
        rows = {}
        if TABLE.is_file():
            for number, line in enumerate(TABLE.read_text().splitlines(), 1):
                match = ROW.match(line)
                if match:
                    rows[match[1]] = (number, match[2])
        name = TABLE.relative_to(ROOT).as_posix()
        for tag, (file, line) in sorted(self.used.items(), key=lambda item: int(item[0][1:])):
            if tag not in rows:
                self.problems.append((file, line, f"{tag} has no row in {name}"))
        cases = test_cases()
        for tag, (number, row) in rows.items():
            if tag not in self.used:
                self.problems.append((name, number, f"{tag} is used nowhere"))
            named = TEST_NAME.findall(row)
            if not any(case in cases for case in named):
                said = ", ".join(".".join(case) for case in named) or "none"
                self.problems.append((name, number, f"{tag} names no test that exists ({said})"))


def test_cases():
    cases = set()
    for path in (ROOT / "tests").rglob("*.cpp"):
        cases.update(TEST_CASE.findall(blank(path.read_text(errors="replace"))))
    return cases


def sources():
    for top in ("include", "src"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield Source(path)


def unit(source):
    """x.hpp and x.cpp are one unit."""
    return Path(source.name).stem


def main():
    checker = Checker()
    inside = []
    for source in sources():
        if source.name.startswith(tuple(folder + "/" for folder in FOLDERS)):
            inside.append(source)
            continue
        for match in DECLARATION.finditer(source.code):
            checker.report(source, source.line_of(match.start()), "atomics live in " + ", ".join(FOLDERS))

    names = {}  # unit -> names of its atomics
    for source in inside:
        names.setdefault(unit(source), set()).update(MEMBER.findall(source.code))
    for source in inside:
        checker.check_accesses(source)
        checker.check_fences(source)
        checker.check_declarations(source)
        checker.check_operators(source, names[unit(source)])
    checker.check_table()

    for file, line, message in sorted(checker.problems):
        print(f"{file}:{line}: {message}")
    print(f"sync: {len(inside)} files, {len(checker.used)} sync points, {len(checker.problems)} violations")
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main())
