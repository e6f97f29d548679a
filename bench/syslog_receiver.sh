#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# syslog_receiver.sh [EVENTS] [ROUNDS]: events per second into rsyslog over TCP, until all are in its
# file: from this program with the plugin syslog; from a bare loop that has the same messages ready
# in memory; from loggen; and from another rsyslog that reads the same lines from a file and forwards
# them. In rounds, each once in a round.
#
# Needs build/release, and the daemons that `./dev setup` unpacks.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

events=${1:-500000} rounds=${2:-5}
root=$PWD/build/syslog-daemons
plugins=build/release/tests/integration/plugins
modules=$root/usr/lib/x86_64-linux-gnu/rsyslog
work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-bench.XXXXXX")
receiver='' forwarder='' home=''
end() {
  local pid
  for pid in "$forwarder" "$receiver"; do
    if [[ -n $pid ]]; then kill -9 "$pid" 2>/dev/null || true; fi
  done
  rm -rf -- "$work" ${home:+"$home"}
}
trap end EXIT

# Plugins are loaded from nowhere that others can write to.
home=$(mktemp -d "$HOME/penstock-bench.XXXXXX")
cp "$plugins/syslog.penstock.so" "$home/"
chmod 644 "$home/syslog.penstock.so"

start_receiver() {
  rm -rf -- "$work/receiver"
  mkdir "$work/receiver"
  cat >"$work/receiver.conf" <<END
global(workDirectory="$work/receiver" maxMessageSize="64k" net.enableDNS="off")
module(load="imptcp")
input(type="imptcp" address="127.0.0.1" port="0" listenPortFileName="$work/receiver/port")
action(type="omfile" file="$work/receiver/out")
END
  "$root/usr/sbin/rsyslogd" -n -iNONE -f "$work/receiver.conf" -M "$modules" >"$work/receiver.log" 2>&1 &
  receiver=$!
  until [[ -s $work/receiver/port ]]; do sleep 0.05; done
  port=$(<"$work/receiver/port")
}

# Until all are there; prints events per second.
finish() {
  local begin=$1 name=$2 lines=0 now
  while ((lines < events)); do
    sleep 0.02
    if [[ -f $work/receiver/out ]]; then lines=$(wc -l <"$work/receiver/out"); fi
  done
  now=$(date +%s%N)
  printf '%-10s %d\n' "$name" $((events * 1000000000 / (now - begin)))
  kill "$receiver"
  wait "$receiver" || true
  receiver=''
}

by_plugin() {
  start_receiver
  cat >"$work/penstock.yml" <<END
plugins: {directories: [$home], signature: off}
logging:
  sinks:
    - {name: out, type: syslog, servers: ["tcp://127.0.0.1:$port"], app_name: bench, call_timeout: 120s}
END
  local begin
  begin=$(date +%s%N)
  build/release/bin/penstock run --quiet -c "$work/penstock.yml" --format text --input "$work/lines" >/dev/null
  finish "$begin" penstock
}

by_bare_loop() {
  start_receiver
  local begin
  begin=$(date +%s%N)
  python3 - "$port" "$work/frames" <<'END'
import socket
import sys
data = open(sys.argv[2], "rb").read()
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as peer:
    peer.sendall(data)
END
  finish "$begin" bare
}

by_loggen() {
  start_receiver
  local begin
  begin=$(date +%s%N)
  LD_LIBRARY_PATH=$root/usr/lib/syslog-ng SYSLOGNG_PREFIX=$root/usr \
    "$root/usr/bin/loggen" --stream --inet --syslog-proto --rate 100000000 --number "$events" \
    --interval 3600 --size 213 --quiet 127.0.0.1 "$port" >/dev/null 2>"$work/loggen.log"
  finish "$begin" loggen
}

by_rsyslog() {
  start_receiver
  rm -rf -- "$work/forwarder"
  mkdir "$work/forwarder"
  cat >"$work/forwarder.conf" <<END
global(workDirectory="$work/forwarder" maxMessageSize="64k" net.enableDNS="off")
module(load="imfile")
input(type="imfile" file="$work/lines" tag="bench:")
action(type="omfwd" target="127.0.0.1" port="$port" protocol="tcp" tcp_framing="octet-counted"
  template="RSYSLOG_SyslogProtocol23Format")
END
  local begin
  begin=$(date +%s%N)
  "$root/usr/sbin/rsyslogd" -n -iNONE -f "$work/forwarder.conf" -M "$modules" >"$work/forwarder.log" 2>&1 &
  forwarder=$!
  finish "$begin" rsyslog
  kill -9 "$forwarder"
  wait "$forwarder" 2>/dev/null || true
  forwarder=''
}

line=$(printf 'x%.0s' {1..150})
seq -f "$line %.0f" "$events" >"$work/lines"
python3 - "$work/lines" "$work/frames" <<'END'
import sys
head = b"<14>1 2026-01-31T12:00:00.000001Z alpha bench 4242 - - "
with open(sys.argv[1], "rb") as lines, open(sys.argv[2], "wb") as frames:
    for line in lines:
        message = head + line.rstrip(b"\n")
        frames.write(b"%d %s" % (len(message), message))
END
for ((round = 0; round < rounds; ++round)); do
  by_plugin
  by_bare_loop
  by_loggen
  by_rsyslog
done
