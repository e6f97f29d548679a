# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# demo_plugins.sh: the part of demo.sh that delivers to Kafka and to syslog. It is sourced there.

receiver_pid='' consumer_pid='' penstock_pid=''
end_servers() {
  local pid
  for pid in "$penstock_pid" "$consumer_pid" "$receiver_pid"; do
    if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; fi
  done
}
trap end_servers EXIT

# Waits until FILE has something in it, 30 seconds at most.
wait_for_file() {
  local i
  for ((i = 0; i < 300; ++i)); do
    if [[ -s $1 ]]; then return 0; fi
    sleep 0.1
  done
  die "$2"
}

# A real rsyslogd, of this user, on a port that the system chooses.
start_receiver() {
  mkdir "$folder/rsyslog"
  cat >"$folder/rsyslog.conf" <<TEXT
global(workDirectory="$folder/rsyslog")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="$folder/rsyslog.port")
template(name="line" type="string" string="%syslogfacility-text%.%syslogseverity-text% %app-name%: %msg%\n")
action(type="omfile" file="$folder/received.log" template="line")
TEXT
  # The one that `./dev setup` unpacks, where the system has none.
  local -a daemon=(rsyslogd)
  local unpacked=$PWD/build/syslog-daemons/usr  # whole: it changes its directory
  if ! command -v rsyslogd >/dev/null; then
    daemon=("$unpacked/sbin/rsyslogd" -M "$(echo "$unpacked"/lib/*/rsyslog)")
  fi
  "${daemon[@]}" -n -f "$folder/rsyslog.conf" -i "$folder/rsyslog.pid" >"$folder/rsyslog.out" 2>&1 &
  receiver_pid=$!
  wait_for_file "$folder/rsyslog.port" "rsyslogd did not start: see $folder/rsyslog.out"
  PENSTOCK_DEMO_PORT=$(<"$folder/rsyslog.port")
  export PENSTOCK_DEMO_PORT
}

deliver_to_plugins() {
  local count=20000 sent kafka_got syslog_got
  step "4. $(with_commas "$count") lines to Kafka and to syslog, by plugins (examples/demo_plugins.yml)"
  if ! command -v kcat >/dev/null ||
    ! { command -v rsyslogd >/dev/null || [[ -x build/syslog-daemons/usr/sbin/rsyslogd ]]; }; then
    echo "  is left out: it needs kcat and rsyslogd, which ./dev setup brings on Debian"
    return 0
  fi
  echo "  Kafka is librdkafka's own cluster of three, inside of the sink; syslog is rsyslogd, over TCP."
  start_receiver
  command_line "penstock run -c examples/demo_plugins.yml --plugin-dir $plugins"
  mkfifo "$folder/lines.fifo"
  "$build/bin/penstock" run --quiet -c examples/demo_plugins.yml --plugin-dir "$plugins" \
    --report "$folder/plugins.json" --input "$folder/lines.fifo" 2>"$folder/plugins.err" &
  penstock_pid=$!
  exec 7>"$folder/lines.fifo"
  seq -f 'order %.0f is filled' "$count" >&7
  wait_for_file "$folder/kafka.address" "the Kafka sink did not start: see $folder/plugins.err"

  # Read back by another client, while the cluster is there: it lives as long as the sink.
  kcat -C -q -b "$(<"$folder/kafka.address")" -t logs -o beginning -c "$count" \
    >"$folder/kafka.json" 2>"$folder/kcat.err" &
  consumer_pid=$!
  wait "$consumer_pid" || die "kcat could not read: see $folder/kcat.err"
  consumer_pid=''
  exec 7>&-
  wait "$penstock_pid" || die "penstock ended with status $?: see $folder/plugins.err"
  penstock_pid=''
  kill "$receiver_pid" || true
  wait "$receiver_pid" || true
  receiver_pid=''

  sent=$(report=$folder/plugins.json figure '"accepted"' accepted)
  kafka_got=$(sed -n 's/.*"message": *"order \([0-9]*\) is filled".*/\1/p' "$folder/kafka.json" | sort -nu | wc -l)
  syslog_got=$(sed -n 's/^local0\.info demo: order \([0-9]*\) is filled$/\1/p' "$folder/received.log" | sort -nu | wc -l)
  printf '  lines: %s; kcat reads %s of them from the topic, rsyslogd has written %s\n' \
    "$(with_commas "$sent")" "$(with_commas "$kafka_got")" "$(with_commas "$syslog_got")"
  if ((kafka_got != sent || syslog_got != sent)); then die "some are missing; see $folder"; fi
  printf '  %severy line has arrived at both%s\n' "$green" "$plain"
}
