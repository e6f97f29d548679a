#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the plots of docs/benchmarks.md from a result of bench/record.sh.

usage: plot.py RESULT.json FOLDER
"""

import json
import math
import sys
from html import escape
from pathlib import Path

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
INK, SOFT, GRID, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
PENSTOCK, PENSTOCK_LIGHT = "#0b6e99", "#7fb8d0"
OTHERS, OTHERS_LIGHT = "#8a6d3b", "#cdb98f"

PERCENTILES = [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p999", "p99.9")]

# name in the plot, case, colour, dashes
LATENCY_LINES = [
    ("counter alone (floor)", "BM_Ticks_Read/caller", SOFT, "5 4"),
    ("Penstock, 1 file sink", "BM_Logger_Info/caller/sinks:1", PENSTOCK, ""),
    ("Penstock, 8 file sinks", "BM_Logger_Info/caller/sinks:8", "#2f9e6e", ""),
    ("Penstock, 48-byte text", "BM_Logger_Info/caller/text_bytes:48", "#6f5bb5", ""),
    ("spdlog async", "BM_Spdlog_Info/caller_peers", "#c2571a", ""),
    ("Boost.Log async", "BM_BoostLog_Info/caller_peers", "#a33a4a", ""),
    ("glog (synchronous)", "BM_Glog_Info/caller_peers", OTHERS, ""),
]

# name in the plot, case without its threads, whether it is Penstock
RATE_BARS = [
    ("Penstock, text file", "BM_Pipeline_Deliver/throughput/text", True),
    ("Penstock, JSON file", "BM_Pipeline_Deliver/throughput/json", True),
    ("penstock run, text lines to JSON", "BM_Program_Run/program/text", True),
    ("penstock run, NDJSON to JSON", "BM_Program_Run/program/ndjson", True),
    ("spdlog async, text file", "BM_Spdlog_Deliver/throughput/text", False),
    ("Boost.Log async, text file", "BM_BoostLog_Deliver/throughput/text", False),
    ("glog (synchronous), text file", "BM_Glog_Deliver/throughput/text", False),
]


class Svg:
    def __init__(self, width, height, title):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="{FONT}" font-size="13">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="6" fill="{PAPER}"/>',
        ]

    def text(self, x, y, words, anchor="start", color=INK, size=13, weight="normal"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" '
            f'font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
        )

    def line(self, x1, y1, x2, y2, color=GRID, width=1.0):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{color}" stroke-width="{width}"/>'
        )

    def polyline(self, points, color, dashes):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2" '
            f'stroke-dasharray="{dashes or "none"}"/>'
        )
        for x, y in points:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>')

    def bar(self, x, y, width, height, color):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" '
            f'rx="2" fill="{color}"/>'
        )

    def save(self, path):
        path.write_text("\n".join(self.parts + ["</svg>", ""]))


def median(cases, name, figure):
    return cases.get(name, {}).get(figure, {}).get("median")


def spread_out(labels, gap):
    """Moves labels (y, ...) apart, in place, until neighbours are `gap` away from each other."""
    labels.sort()
    for i in range(1, len(labels)):
        labels[i][0] = max(labels[i][0], labels[i - 1][0] + gap)


def plot_latency(cases, path):
    lines = []
    for name, case, color, dashes in LATENCY_LINES:
        values = [median(cases, case, figure) for figure, _ in PERCENTILES]
        if all(values):
            lines.append((name, values, color, dashes))
    if not lines:
        return
    width, height, left, right, top, bottom = 860, 440, 76, 250, 66, 48
    svg = Svg(width, height, "What a call costs the caller, by percentile")
    svg.text(20, 28, "What a call costs the caller", size=16, weight="600")
    svg.text(20, 47, "nanoseconds a call, logarithmic; bursts of 20 calls", color=SOFT, size=12)
    low = math.floor(math.log10(min(min(v) for _, v, _, _ in lines)))
    high = math.ceil(math.log10(max(max(v) for _, v, _, _ in lines)))

    def y_of(value):
        share = (math.log10(value) - low) / (high - low)
        return height - bottom - share * (height - bottom - top)

    def x_of(i):
        return left + 30 + i * (width - left - right - 40) / (len(PERCENTILES) - 1)

    for power in range(low, high + 1):
        y = y_of(10**power)
        svg.line(left, y, width - right, y)
        svg.text(left - 8, y + 4, f"{10**power:,}", anchor="end", color=SOFT, size=12)
    for i, (_, shown) in enumerate(PERCENTILES):
        svg.text(x_of(i), height - bottom + 22, shown, anchor="middle", color=SOFT)

    labels = []
    for name, values, color, dashes in lines:
        points = [(x_of(i), y_of(value)) for i, value in enumerate(values)]
        svg.polyline(points, color, dashes)
        labels.append([points[-1][1], name, color])
    spread_out(labels, 17)
    for y, name, color in labels:
        svg.text(width - right + 8, y + 4, name, color=color, weight="600", size=12)
    svg.save(path)


def rates_of(cases, case):
    """(threads, events/s) of a bar: two for the libraries, one for the program."""
    single = median(cases, case, "events_per_second")
    if single:
        return [(0, single)]
    found = [(n, median(cases, f"{case}/threads:{n}", "events_per_second")) for n in (1, 2)]
    return [(n, rate) for n, rate in found if rate]


def plot_throughput(cases, path):
    rows = [(name, rates_of(cases, case), ours) for name, case, ours in RATE_BARS]
    rows = [row for row in rows if row[1]]
    if not rows:
        return
    thick, gap, left, right, top = 15, 14, 270, 80, 70
    width = 860
    height = top + sum(len(rates) * (thick + 2) + gap for _, rates, _ in rows) + 14
    svg = Svg(width, height, "Events per second, end to end")
    svg.text(20, 28, "Events per second, end to end", size=16, weight="600")
    svg.text(20, 47, "millions; dark: one thread logs, light: two; nothing dropped", color=SOFT,
             size=12)
    scale = (width - left - right) / max(rate for _, rates, _ in rows for _, rate in rates)
    svg.line(left, top - 8, left, height - 14, SOFT)
    y = top
    for name, rates, ours in rows:
        middle = y + len(rates) * (thick + 2) / 2 + 3
        svg.text(left - 10, middle, name, anchor="end", weight="600" if ours else "normal")
        for threads, rate in rates:
            dark, light = (PENSTOCK, PENSTOCK_LIGHT) if ours else (OTHERS, OTHERS_LIGHT)
            svg.bar(left + 1, y, rate * scale, thick, light if threads == 2 else dark)
            svg.text(left + rate * scale + 8, y + thick - 3, f"{rate / 1e6:.2f}", color=SOFT,
                     size=12)
            y += thick + 2
        y += gap
    svg.save(path)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    cases = json.loads(Path(sys.argv[1]).read_text())["cases"]
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    plot_latency(cases, folder / "caller_latency.svg")
    plot_throughput(cases, folder / "throughput.svg")


if __name__ == "__main__":
    main()
