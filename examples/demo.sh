#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh: what Penstock does, on real logs and on a service with four threads.
# `./dev demo [--input FILE]...` builds and calls it.
set -euo pipefail
from=${PENSTOCK_DEMO_FROM:-$PWD}  # names of inputs are relative to it
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

build=${PENSTOCK_BUILD:-build/release}
repeats=300
orders_per_thread=50000

usage() {
  cat <<'TEXT'
usage: ./dev demo [--input FILE]...

  --input FILE   feed this file (text or NDJSON, each line as it is) instead of the logs that are
                 shipped in examples/data; can be given more than once
TEXT
}

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

bold='' green='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' green=$'\e[32m' plain=$'\e[0m'
fi

step() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# What was run, as one would type it.
command_line() {
  printf '  $ %s\n' "$*"
}

with_commas() {
  sed -E ':again; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; t again' <<<"$1"
}

# The first number behind "KEY": in a report's line that holds PLACE.
figure() {
  sed -n "/$1/s/.*\"$2\": \\([0-9]*\\).*/\\1/p" "${report:-$folder/report.json}" | head -n 1
}

# ---- arguments

add_input() {
  if [[ $1 == /* ]]; then inputs+=("$1"); else inputs+=("$from/$1"); fi
}

declare -a inputs=()
while (($# > 0)); do
  case $1 in
    --input)
      (($# >= 2)) || die "--input needs a file"
      add_input "$2"
      shift 2
      ;;
    --input=*)
      add_input "${1#--input=}"
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      die "unknown argument '$1'"
      ;;
  esac
done
for file in ${inputs[@]+"${inputs[@]}"}; do
  [[ -r $file && ! -d $file ]] || die "cannot read '$file'"
done
for program in "$build/bin/penstock" "$build/examples/service"; do
  [[ -x $program ]] || die "$program is not there; ./dev demo builds it"
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/penstock-demo.XXXXXX")
export PENSTOCK_DEMO_DIR=$folder

# ---- 1: a log

what="your input"
if ((${#inputs[@]} == 0)); then
  what="the log of a web server (NDJSON), then those of a package manager and of a build, $repeats times over"
  inputs=(examples/data/requests.log)
  for ((i = 0; i < repeats; ++i)); do
    inputs+=(examples/data/packages.log examples/data/build.log)
  done
fi

cat <<TEXT
${bold}Penstock takes events from programs and delivers them, in batches, to many sinks. Each
sink gets what it should, none waits for another, and the account adds up to the last event.${plain}
The sinks of this demo (examples/demo.yml): a console that shows warnings only, a text file that
rotates, a JSON file, and a file for security. They write to $folder
TEXT

step "1. Lines from a log: $what"
command_line "penstock run -c examples/demo.yml --input ..."
status=0
"$build/bin/penstock" run -c examples/demo.yml --report "$folder/report.json" --progress always \
  --input "${inputs[@]}" 2>&1 || status=$?
[[ -s $folder/report.json ]] || die "penstock ended with status $status"

# Does it add up? Every line that is not empty must be in the JSON file, which keeps them all.
accepted=$(figure '"accepted"' accepted)
delivered=$(figure '"json_file"' delivered)
filtered=$(figure '"json_file"' filtered)
lines=$(cat -- "${inputs[@]}" | tr -d '\r' | LC_ALL=C grep -a -c . || true)
written=$(wc -l <"$folder/app.json")
printf '  counted with grep and wc: %s lines in, %s lines in app.json' \
  "$(with_commas "$lines")" "$(with_commas "$written")"
if ((filtered > 0)); then printf ' (%s were kept out by their level)' "$(with_commas "$filtered")"; fi
echo
if ((written != delivered || accepted != delivered + filtered)); then
  die "that does not match the account; see $folder/report.json"
fi
if ((status != 0)); then
  echo "  penstock ended with status $status, because something was not delivered: see the account"
fi
if ((lines == accepted)); then
  printf '  %sthe account is right: app.json has every line%s\n' "$green" "$plain"
fi

# ---- 2: a service

step "2. A C++ service, with four threads that log $(with_commas $((4 * orders_per_thread))) orders (examples/service.cpp)"
rm -f "$folder"/app.* "$folder/security.log"
command_line "service examples/demo.yml $orders_per_thread"
start=$(date +%s%N)
"$build/examples/service" examples/demo.yml "$orders_per_thread"
took=$((($(date +%s%N) - start) / 1000000 + 1))
printf '  %s lines in app.json, %s ms from start to end: %s events a second, to four sinks\n' \
  "$(with_commas "$(wc -l <"$folder/app.json")")" "$took" \
  "$(with_commas $(((4 * orders_per_thread) * 1000 / took)))"

# ---- 3: a sink that hangs

step "3. The same log again, with a sink that hangs beside the others (examples/demo_stuck.yml)"
echo "  It writes to a FIFO that nobody reads, and says 'when_full: drop_oldest'."
mkfifo "$folder/stuck.fifo"
command_line "penstock run -c examples/demo_stuck.yml --stop-timeout 1s --input ..."
report=$folder/stuck.json
"$build/bin/penstock" run --quiet -c examples/demo_stuck.yml --stop-timeout 1s --report "$report" \
  --input "${inputs[@]}" 2>/dev/null || true
[[ -s $report ]] || die "penstock wrote no report"
stuck_dropped=$(figure '"stuck"' queue_oldest)
stuck_left=$(($(figure '"stuck"' in_queue) + $(figure '"stuck"' in_flight)))
printf '  accepted: %s lines\n' "$(with_commas "$(figure '"accepted"' accepted)")"
beside=$(figure '"file"' delivered)
others=$(figure '"file"' filtered)
note='all of them'
if ((others > 0)); then note="all but $(with_commas "$others") that name other sinks"; fi
printf '  the file beside it got    %12s: %s\n' "$(with_commas "$beside")" "$note"
printf '  the sink that hangs lost  %12s, counted as queue_oldest; %s were left when time was over\n' \
  "$(with_commas "$stuck_dropped")" "$(with_commas "$stuck_left")"
report=

# ---- 4: Kafka and syslog

plugins=$build/tests/integration/plugins
# shellcheck source=examples/demo_plugins.sh
source examples/demo_plugins.sh
deliver_to_plugins

# ---- 5: what is there now

step "5. What the service left in $folder"
for file in "$folder"/app.log* "$folder/app.json" "$folder/security.log"; do
  printf '  %12s bytes  %s\n' "$(with_commas "$(wc -c <"$file")")" "${file##*/}"
done
echo "  (app.log keeps three old files: what is older has been rotated away, not lost)"
echo "  one event as text, and its like as JSON:"
grep -m 1 -h 'slow venue' "$folder/security.log" | sed 's/^/    /'
grep -m 1 'slow venue' "$folder/app.json" | sed 's/^/    /'

step "Go on with:"
printf '  %-44s %s\n' \
  './dev demo --input FILE' 'a log of your own' \
  "$build/bin/penstock run --help" "the program; also 'man docs/man/penstock.1'" \
  "rm -r $folder" 'when you have seen enough'
