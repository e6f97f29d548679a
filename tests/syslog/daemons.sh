#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# daemons.sh FOLDER: puts Debian's rsyslog and syslog-ng into FOLDER, for tests that start them. As
# packages they would exclude each other, and run as services: they are unpacked, not installed. What
# they link is installed by `./dev setup`.
set -euo pipefail

folder=$1
packages=(rsyslog rsyslog-openssl syslog-ng-core)
if [[ -x $folder/usr/sbin/rsyslogd && -x $folder/usr/sbin/syslog-ng ]]; then exit 0; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-daemons.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
chmod 755 "$work"
download() {
  (cd "$work" && apt-get download -q "${packages[@]}")
}
update() {
  if ((EUID == 0)); then apt-get update -q; else sudo -n apt-get update -q; fi
}
download || { update && download; } ||
  { echo "daemons.sh: apt-get could not download: ${packages[*]}" >&2; exit 1; }
rm -rf -- "$folder"
mkdir -p "$folder"
for package in "$work"/*.deb; do dpkg -x "$package" "$folder"; done
