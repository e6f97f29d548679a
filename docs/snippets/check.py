#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the code in the pages with docs/snippets.

A page shows a part of a snippet as a code block below a line `<!-- snippet FILE PART -->`; the part is
what stands in docs/snippets/FILE between `// [PART]` and `// [/PART]`. With --update the pages are
rewritten; otherwise each difference is one line `page:line: message`, and the status is 1.
"""

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SNIPPETS = ROOT / "docs" / "snippets"
BLOCK = re.compile(r"(<!-- snippet (\S+) (\w+) -->\n)```cpp\n(.*?)```\n", re.S)


def part_of(file, part):
    text = (SNIPPETS / file).read_text()
    match = re.search(rf"^ *// \[{part}\]\n(.*?)^ *// \[/{part}\]$", text, re.S | re.M)
    if not match:
        sys.exit(f"docs/snippets/{file}: there is no part [{part}]")
    return textwrap.dedent(match[1])


def main():
    update = sys.argv[1:] == ["--update"]
    problems = 0
    shown = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text()
        new = BLOCK.sub(lambda m: f"{m[1]}```cpp\n{part_of(m[2], m[3])}```\n", text)
        for match in BLOCK.finditer(text):
            shown += 1
            if match[4] != part_of(match[2], match[3]) and not update:
                line = text.count("\n", 0, match.start()) + 1
                print(f"{page.relative_to(ROOT)}:{line}: differs from docs/snippets/{match[2]}, "
                      f"part [{match[3]}]: docs/snippets/check.py --update")
                problems += 1
        if update and new != text:
            page.write_text(new)
    print(f"snippets: {shown} shown, {problems} differ")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
