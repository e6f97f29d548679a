#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# record.sh: runs every bench on a quiet machine, several times, and writes what came out to
# bench/baseline/<machine>.json, docs/benchmarks.md and docs/img/*.svg.
#
# environment:
#   PENSTOCK_BENCH_RUNS    runs of each program (default 3; each takes about 4 minutes)
#   PENSTOCK_BENCH_BUILD   a build tree of the preset `bench` (default build/bench, built here)
#   PENSTOCK_BENCH_DIR     where the benches write their files (default TMPDIR, /tmp)
#   PENSTOCK_BENCH_ROUNDS  rounds in each program, instead of its own number
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

runs=${PENSTOCK_BENCH_RUNS:-3}
build=${PENSTOCK_BENCH_BUILD:-build/bench}
results=$build/results

build_programs() {
  mkdir -p build
  cmake --preset bench -B "$build" >build/bench.configure.log 2>&1 || {
    cat build/bench.configure.log >&2
    exit 1
  }
  cmake --build "$build" --parallel "${PENSTOCK_JOBS:-$(nproc)}"
}

# Waits for what has been going on before, as long as that gets less.
wait_for_quiet() {
  local try load
  for try in {1..10}; do
    read -r load _ </proc/loadavg
    if awk -v load="$load" 'BEGIN { exit !(load < 0.5) }'; then break; fi
    echo "the load average is $load: waiting ($try of 10)"
    sleep 30
  done
  export PENSTOCK_BENCH_LOAD=$load
  if ! awk -v load="$load" 'BEGIN { exit !(load < 0.5) }'; then
    echo "warning: the machine is not quiet (load average $load); the figures will say so" >&2
  fi
}

run_programs() {
  local run program name
  rm -rf "$results"
  mkdir -p "$results"
  for ((run = 1; run <= runs; ++run)); do
    for program in "$build"/bench/bench_*; do
      [[ -f $program && -x $program ]] || continue
      name=${program##*/bench_}
      echo "==> run $run of $runs: $name"
      PENSTOCK_BENCH_SPREAD=1 "$program" --benchmark_out_format=json \
        --benchmark_out="$results/$run.$name.json" >"$results/$run.$name.txt" || {
        cat "$results/$run.$name.txt" >&2
        exit 1
      }
    done
  done
}

build_programs
wait_for_quiet
run_programs
result=bench/baseline/$(python3 bench/report.py name).json
python3 bench/report.py merge "$result" "$results"/*.json
python3 bench/report.py tables "$result" docs/benchmarks.md
python3 bench/plot.py "$result" docs/img
echo "written: $result, docs/benchmarks.md, docs/img/"
