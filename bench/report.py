#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merges Google Benchmark's JSON files into one result; writes the tables of docs/benchmarks.md.

usage: report.py merge RESULT.json RUN.json ...   medians and spread over the runs
       report.py tables RESULT.json PAGE.md       rewrites what stands between the page's markers
       report.py name                             a name for this machine: cpu and cores
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

BEGIN, END = "<!-- begin: bench/record.sh -->", "<!-- end: bench/record.sh -->"
PACKAGES = ["libspdlog-dev", "libboost-log-dev", "libgoogle-glog-dev", "libbenchmark-dev"]
# What Google Benchmark says of each case beside its figures.
NOT_FIGURES = {"family_index", "per_family_instance_index", "repetitions", "repetition_index",
               "threads", "iterations"}

CALLER, RATE, FIRST = "BM_Logger_Info/caller/", "BM_Pipeline_Deliver/throughput/", "first_event/"

# what, case, figure, unit, "<=" or ">=", limit
TARGETS = [
    ("p50 of a call, text file sink, one thread", CALLER + "sinks:1", "ratio_p50", "x floor",
     "<=", 1.15),
    ("p90 of the same", CALLER + "sinks:1", "ratio_p90", "x floor", "<=", 1.5),
    ("p99.9 of the same", CALLER + "sinks:1", "ratio_p999", "x floor", "<=", 20),
    ("p50 with 8 sinks against 1 sink", CALLER + "sinks:8", "ratio_p50", "x 1 sink", "<=", 1.1),
    ("p50 with a 48-byte text argument", CALLER + "text_bytes:48", "ratio_p50", "x floor", "<=",
     1.6),
    ("text file, end to end, 1 thread", RATE + "text/threads:1", "ratio_events_per_second",
     "x spdlog", ">=", 10),
    ("text file, end to end, 2 threads", RATE + "text/threads:2", "ratio_events_per_second",
     "x spdlog", ">=", 10),
    ("to null, 1 thread", RATE + "null/threads:1", "ratio_events_per_second", "x spdlog", ">=", 20),
    ("to null, 2 threads", RATE + "null/threads:2", "ratio_events_per_second", "x spdlog", ">=",
     20),
    ("JSON lines, 1 thread", RATE + "json/threads:1", "ratio_events_per_second", "x spdlog", ">=",
     6),
    ("JSON lines, 2 threads", RATE + "json/threads:2", "ratio_events_per_second", "x spdlog", ">=",
     6),
    ("`penstock run`, text lines of 150 bytes to a JSON file", "BM_Program_Run/program/text",
     "ratio_events_per_second", "x spdlog", ">=", 2.5),
    ("`penstock run`, NDJSON lines with five fields", "BM_Program_Run/program/ndjson",
     "ratio_events_per_second", "x spdlog", ">=", 1),
    ("first event of a thread, warm pipeline (p50)", "BM_Logger_Info/first_event/of_thread", "p50",
     "us", "<=", 20),
    ("first event of a process, with the pipeline's start (p50)",
     "BM_Logger_Info/first_event/of_process", "p50_with_start", "us", "<=", 1000),
    ("first event after idleness is with its sink, linger 0 (p50)",
     "BM_Sink_Write/first_event/after_idleness", "p50", "us", "<=", 200),
    ("1,000 idle threads that logged once, over the empty pipeline",
     "BM_Pipeline_Hold/memory/idle_threads:1000", "MiB_with_the_threads", "MiB", "<=", 16),
    ("p50 of an active thread beside them, against none",
     "BM_Logger_Info/memory/active_beside_idle:1000", "ratio_p50", "x", "<=", 1.05),
    ("a delivery that is acknowledged later, against one at once",
     "BM_Delivery_Acknowledged/delivery/in_flight:1", "ratio_ns_per_event", "x", "<=", 1.15),
    ("the same with four batches in flight", "BM_Delivery_Acknowledged/delivery/in_flight:4",
     "ratio_ns_per_event", "x", "<=", 1.15),
    ("rate of a sink beside one that hangs, one that fails and a slow one",
     "BM_Isolation_Troubled/rate", "ratio_events_per_second", "x alone", ">=", 0.95),
    ("p99 of a call with these, against four healthy sinks", "BM_Isolation_Troubled/caller",
     "ratio_p99", "x", "<=", 1.1),
    ("an event across the boundary to a plugin, over the built-in null sink, in batches of 512",
     "BM_Boundary_Write/boundary/null/events:512", "more_ns_per_event", "ns", "<=", 2),
    ("events a second, 100 bytes each, to a plugin in a process of its own",
     "BM_Plugin_Apart/plugin/events", "events_per_second", "/s", ">=", 2_000_000),
]
US_FIGURES = {"us": 1e-3}

LATENCIES = [
    ("reading the counter alone (the floor)", "BM_Ticks_Read/caller"),
    ("two integers and a double, 1 file sink", CALLER + "sinks:1"),
    ("the same, 8 file sinks", CALLER + "sinks:8"),
    ("two integers and a 48-byte text", CALLER + "text_bytes:48"),
    ("one integer and two fields", CALLER + "fields:2"),
    ("a logger with one context field", CALLER + "context_fields:1"),
    ("linger 200 us instead of 5 ms", CALLER + "linger_us:200"),
    ("linger 0: the worker sleeps before each burst", CALLER + "linger_us:0"),
    ("below the level", "BM_Logger_Debug/caller/below_level"),
    ("*beside its peers:* the floor", "BM_Ticks_Read/caller_peers"),
    ("Penstock, 1 file sink", "BM_Logger_Info/caller_peers"),
    ("spdlog async", "BM_Spdlog_Info/caller_peers"),
    ("Boost.Log async", "BM_BoostLog_Info/caller_peers"),
    ("glog (synchronous)", "BM_Glog_Info/caller_peers"),
]

RATES = [
    ("Penstock, text file", RATE + "text"),
    ("Penstock, JSON file", RATE + "json"),
    ("Penstock, null", RATE + "null"),
    ("spdlog async, text file", "BM_Spdlog_Deliver/throughput/text"),
    ("Boost.Log async, text file", "BM_BoostLog_Deliver/throughput/text"),
    ("glog (synchronous), text file", "BM_Glog_Deliver/throughput/text"),
]

# what, case, figure, format of nanoseconds or of the bare number
OTHERS = [
    ("TextEncoder: one line", "BM_TextEncoder_Encode/codec", "cpu_time", "ns"),
    ("JsonEncoder: one line", "BM_JsonEncoder_Encode/codec", "cpu_time", "ns"),
    ("LogfmtEncoder: one line", "BM_LogfmtEncoder_Encode/codec", "cpu_time", "ns"),
    ("a call below the level, in a loop", "BM_Logger_BelowLevel/codec", "cpu_time", "ns"),
    ("worker, text file: CPU time of an event", "BM_Worker_Deliver/codec/text", "worker_cpu_ns",
     "ns"),
    ("worker, JSON file: CPU time of an event", "BM_Worker_Deliver/codec/json", "worker_cpu_ns",
     "ns"),
    ("worker, null: CPU time of an event", "BM_Worker_Deliver/codec/null", "worker_cpu_ns", "ns"),
    ("`penstock run`, text: CPU time of a line", "BM_Program_Run/program/text", "cpu_ns_per_line",
     "ns"),
    ("`penstock run`, NDJSON: CPU time of a line", "BM_Program_Run/program/ndjson",
     "cpu_ns_per_line", "ns"),
    ("first event of a process, the call alone (p50)", "BM_Logger_Info/first_event/of_process",
     "p50", "ns"),
    ("first event of a thread, p99", "BM_Logger_Info/first_event/of_thread", "p99", "ns"),
    ("first event after idleness, p99", "BM_Sink_Write/first_event/after_idleness", "p99", "ns"),
    ("what that call costs its caller (p50)", "BM_Sink_Write/first_event/after_idleness",
     "p50_of_the_call", "ns"),
    ("memory of 1,000 idle threads' first events, without the threads themselves",
     "BM_Pipeline_Hold/memory/idle_threads:1000", "MiB_for_logging", "MiB"),
]


# ---- the machine

def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (done.stdout.splitlines() or [""])[0].strip()


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def packages():
    found = {}
    for package in PACKAGES:
        version = first_line(["dpkg-query", "-W", "-f", "${Version}", package])
        if version:
            found[package] = version
    return found


def describe_machine():
    folder = os.environ.get("PENSTOCK_BENCH_DIR") or os.environ.get("TMPDIR") or "/tmp"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory),
        "virtual": "hypervisor" in Path("/proc/cpuinfo").read_text(),
        "kernel": platform.release(),
        "compiler": first_line([os.environ.get("CXX", "g++"), "--version"]),
        "file_system": first_line(["stat", "-f", "-c", "%T", folder]),
        "packages": packages(),
        "load_before": os.environ.get("PENSTOCK_BENCH_LOAD", ""),
    }


def machine_name():
    words = f"{cpu_model()} {len(os.sched_getaffinity(0))} cores".lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


# ---- runs in, one result out

def case_name(name):
    return re.sub(r"/(iterations:\d+|manual_time)", "", name)


def merge(result_path, run_paths):
    runs = {}  # case -> figure -> values
    for path in run_paths:
        for entry in json.loads(Path(path).read_text())["benchmarks"]:
            name = case_name(entry["name"])
            if entry.get("error_occurred"):
                sys.exit(f"{path}: {name}: {entry['error_message']}")
            figures = runs.setdefault(name, {})
            for key, value in entry.items():
                # Where time is manual, CPU time is that of reporting it.
                if key == "cpu_time" and "manual_time" in entry["name"]:
                    continue
                if isinstance(value, (int, float)) and key not in NOT_FIGURES:
                    figures.setdefault(key, []).append(value)
    cases = {}
    for name, figures in runs.items():
        cases[name] = {}
        for key, values in figures.items():
            if key.endswith(("_q1", "_q3")):
                continue
            cases[name][key] = {
                "median": rounded(statistics.median(values)),
                "low": rounded(min(figures.get(key + "_q1", values))),
                "high": rounded(max(figures.get(key + "_q3", values))),
            }
    result = {"machine": describe_machine(), "runs": len(set(run_numbers(run_paths))),
              "cases": cases}
    Path(result_path).parent.mkdir(parents=True, exist_ok=True)
    Path(result_path).write_text(json.dumps(result, indent=1) + "\n")


def rounded(value):
    return float(f"{value:.4g}")


def run_numbers(paths):
    """Files are RUN.PROGRAM.json."""
    return [Path(path).name.split(".")[0] for path in paths]


# ---- tables

def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def short(value):
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def nanoseconds(value):
    if value >= 1e6:
        return f"{value / 1e6:.3g} ms"
    if value >= 1e4:
        return f"{value / 1e3:.3g} us"
    return f"{value:,.3g} ns" if value < 1000 else f"{value:,.0f} ns"


def target_rows(cases):
    for what, case, figure, unit, sense, limit in TARGETS:
        found = cases.get(case, {}).get(figure)
        words = f"{'at most' if sense == '<=' else 'at least'} {limit:g} {unit}"
        if found is None:
            yield [what, words, "not measured", "", ""]
            continue
        factor = US_FIGURES.get(unit, 1)
        value, low, high = (found[key] * factor for key in ("median", "low", "high"))
        reached = value <= limit if sense == "<=" else value >= limit
        yield [what, words, f"**{short(value)}** {unit}", f"{short(low)} .. {short(high)}",
               "yes" if reached else "**no**"]


def latency_rows(cases):
    for what, case in LATENCIES:
        figures = cases.get(case)
        if figures:
            yield [what] + [short(figures[key]["median"])
                            for key in ("p50", "p90", "p99", "p999", "max")]


def rate_rows(cases):
    def rate(case, threads):
        found = cases.get(f"{case}/threads:{threads}", {}).get("events_per_second")
        if found is None:
            return "not measured"
        low, high = found["low"] / 1e6, found["high"] / 1e6
        return f"**{found['median'] / 1e6:.2f}** ({low:.2f} .. {high:.2f})"

    for what, case in RATES:
        if f"{case}/threads:1" in cases:
            cpu = cases[f"{case}/threads:1"]["cpu_ns_per_event"]["median"]
            yield [what, rate(case, 1), rate(case, 2), nanoseconds(cpu)]


def other_rows(cases):
    for what, case, figure, unit in OTHERS:
        found = cases.get(case, {}).get(figure)
        if found:
            show = nanoseconds if unit == "ns" else lambda value: f"{value:.1f} {unit}"
            yield [what, show(found["median"]), f"{show(found['low'])} .. {show(found['high'])}"]


def machine_text(result):
    machine = result["machine"]
    virtual = ", a virtual machine" if machine["virtual"] else ""
    found = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return "\n".join([
        f"* CPU: {machine['cpu']}, {machine['cores']} cores{virtual}; "
        f"{machine['memory_gib']} GiB of memory",
        f"* kernel {machine['kernel']}; files on {machine['file_system']}",
        f"* {machine['compiler']}, CMake's Release flags",
        f"* {found}",
        f"* {result['runs']} runs of each program; load average before them: "
        f"{machine['load_before'] or 'not noted'}",
    ])


def tables(result_path, page_path):
    result = json.loads(Path(result_path).read_text())
    cases = result["cases"]
    generated = "\n\n".join([
        BEGIN,
        "### The machine",
        machine_text(result),
        "### Targets",
        table(["figure", "target", "measured", "quartiles", "reached"], target_rows(cases)),
        "### What a call costs the caller",
        "![percentiles of the caller's time](img/caller_latency.svg)",
        table(["nanoseconds a call", "p50", "p90", "p99", "p99.9", "max"], latency_rows(cases)),
        "### Events per second, end to end",
        "![events per second](img/throughput.svg)",
        table(["millions of events per second (quartiles)", "1 thread", "2 threads",
               "CPU time of an event, all threads, 1 logs"], rate_rows(cases)),
        "### Other figures",
        table(["figure", "measured", "quartiles"], other_rows(cases)),
        END,
    ])
    page = Path(page_path).read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        sys.exit(f"{page_path}: its markers are missing: {BEGIN} {END}")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    Path(page_path).write_text(before + generated + after)


def main():
    arguments = sys.argv[1:]
    if len(arguments) >= 3 and arguments[0] == "merge":
        merge(arguments[1], arguments[2:])
    elif len(arguments) == 3 and arguments[0] == "tables":
        tables(arguments[1], arguments[2])
    elif arguments == ["name"]:
        print(machine_name())
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main()
