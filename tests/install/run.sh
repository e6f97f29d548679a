#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh CMAKE BUILD_DIR CXX VERSION: installs a finished build to a fresh prefix, moves the prefix,
# and builds a small outside project against it: find_package (shared and static form) and pkg-config,
# with the compiler of the build and with the other one of g++ and clang++-14 when it is there. Then
# plugins/print, plugins/redact, plugins/syslog and plugins/kafka are built against the same tree, and the installed program runs them; and what the guide for
# authors of plugins tells to type is typed.
set -euo pipefail

cmake=$1 build=$2 cxx=$3 version=$4
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-install.XXXXXX")
trusted=
trap 'rm -rf -- "$work" ${trusted:+"$trusted"}' EXIT

fail() {
  printf 'install test: %s\n' "$*" >&2
  exit 1
}

step() {
  printf -- '-- %s\n' "$*"
}

# Runs an outside program in a fresh folder and looks at what it says.
check_program() {
  local program=$1 folder
  folder=$(mktemp -d "$work/run.XXXXXX")
  (cd "$folder" && "$program" "$folder") >"$folder/output" 2>&1 ||
    fail "$program failed: $(cat "$folder/output")"
  grep -qx 'outside: ok' "$folder/output" ||
    fail "$program did not say 'outside: ok' but: $(cat "$folder/output")"
}

# Nobody but root and this user can write to it or above it: plugins are loaded from nowhere else.
is_trusted() {
  local folder=$1 owner mode
  while :; do
    [[ ! -L $folder ]] && read -r owner mode < <(stat -c '%u %a' -- "$folder") || return 1
    [[ $owner == 0 || $owner == "$(id -u)" ]] && (((8#$mode & 8#22) == 0)) || return 1
    [[ $folder != / ]] || return 0
    folder=$(dirname -- "$folder")
  done
}

make_trusted_folder() {
  local base
  for base in "$build" "${XDG_RUNTIME_DIR:-}" "${HOME:-}"; do
    if [[ $base == /* && -w $base ]] && is_trusted "$base"; then
      trusted=$(mktemp -d "$base/penstock-install.XXXXXX")
      chmod 755 "$trusted"
      return
    fi
  done
  fail "the build folder, XDG_RUNTIME_DIR or HOME must be such that nobody else can write to it"
}

# Lines in are lines out, each with the prefix that the configuration gives.
check_print() {
  local folder=$1 name place
  name=$(basename -- "$folder")
  chmod 644 "$folder"/print.penstock.so
  seq 1 20000 >"$work/print.in"
  for place in none process; do
    printf 'logging:\n  sinks:\n    - {name: shown, type: print, prefix: "> ", isolation: %s}\n' "$place" >"$work/print.yml"
    "$prefix/bin/penstock" run -c "$work/print.yml" --plugin-dir "$folder" --format text \
      <"$work/print.in" >"$work/print.out" 2>"$work/print.err" ||
      fail "penstock does not run print ($name, isolation: $place): $(cat "$work/print.err")"
    sed 's/^/> /' "$work/print.in" | cmp - "$work/print.out" ||
      fail "print ($name, isolation: $place) gave other lines than it got: $(cat "$work/print.err")"
  done
}

# Needs $prefix alone: a copy of the plugin's folder, so that nothing beside it helps.
build_plugin() {
  local plugin=$1 compiler=$2 to=$3
  shift 3
  rm -rf -- "${work:?}/$plugin" "$work/$plugin-build"
  cp -R "$here/../../plugins/$plugin" "$work/$plugin"
  {
    "$cmake" -S "$work/$plugin" -B "$work/$plugin-build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" "$@" &&
      "$cmake" --build "$work/$plugin-build"
  } >"$work/$plugin.log" 2>&1 || fail "$plugin does not build with $compiler: $(cat "$work/$plugin.log")"
  ! grep -q 'not checked' "$work/$plugin.log" || fail "$plugin was not inspected: $(cat "$work/$plugin.log")"
  mkdir -p "$to"
  cp "$work/$plugin-build/$plugin.penstock.so" "$to/"
}

# A sink of print, behind the processor.
check_redact() {
  local folder=$1
  chmod 644 "$folder"/*.penstock.so
  cat >"$work/redact.yml" <<'END'
logging:
  sinks:
    - {name: shown, type: print, processors: [{type: redact, patterns: ['[0-9]{4}']}]}
END
  echo 'pin 1234' | "$prefix/bin/penstock" run -c "$work/redact.yml" --plugin-dir "$folder" --format text \
    >"$work/redact.out" 2>"$work/redact.err" || fail "redact does not run: $(cat "$work/redact.err")"
  grep -qx 'pin \[redacted\]' "$work/redact.out" ||
    fail "redact did not redact: $(cat "$work/redact.out" "$work/redact.err")"
}

# To a receiver of this script, which reads as many messages as there are lines.
check_syslog() {
  local folder=$1 receiver i
  chmod 644 "$folder"/*.penstock.so
  python3 - "$work/syslog" <<'END' &
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".port.new", "w").write(str(server.getsockname()[1]))
__import__("os").rename(sys.argv[1] + ".port.new", sys.argv[1] + ".port")
server.settimeout(60)
peer = server.accept()[0]
data = b"".join(iter(lambda: peer.recv(65536), b""))
open(sys.argv[1] + ".out", "wb").write(data)
END
  receiver=$!
  for ((i = 0; i < 300; ++i)); do
    [[ -s $work/syslog.port ]] && break
    sleep 0.1
  done
  printf 'logging:\n  sinks:\n    - {name: out, type: syslog, framing: lf, servers: ["tcp://127.0.0.1:%s"]}\n' \
    "$(<"$work/syslog.port")" >"$work/syslog.yml"
  seq 1 1000 | "$prefix/bin/penstock" run -c "$work/syslog.yml" --plugin-dir "$folder" --format text \
    >"$work/syslog.said" 2>&1 || fail "syslog does not run: $(cat "$work/syslog.said")"
  wait "$receiver" || fail "the receiver of syslog failed"
  seq 1 1000 | cmp - <(sed 's/.* //' "$work/syslog.out") || fail "syslog did not deliver what it got"
}

# To a cluster inside of the sink.
check_kafka() {
  local folder=$1
  chmod 644 "$folder"/*.penstock.so
  cat >"$work/kafka.yml" <<'END'
logging:
  sinks:
    - {name: stream, type: kafka, topic: logs, mock: {brokers: 1}, required: true}
END
  seq 1 1000 | "$prefix/bin/penstock" run -c "$work/kafka.yml" --plugin-dir "$folder" --format text \
    --report "$work/kafka.json" >"$work/kafka.out" 2>&1 || fail "kafka does not run: $(cat "$work/kafka.out")"
  grep -q '"stream": {"delivered": 1000,' "$work/kafka.json" ||
    fail "kafka did not deliver: $(cat "$work/kafka.out" "$work/kafka.json")"
}

# The guide's blocks marked `sh`, in their order, in one shell, as a user who has nothing but the package.
follow_guide() {
  local home=$trusted/home
  mkdir -p "$home/work"
  # shellcheck disable=SC2016
  sed -n '/^```sh$/,/^```$/{/^```/!p}' "$here/../../docs/PLUGIN_DEVELOPMENT_GUIDE.md" >"$work/guide.sh"
  grep -q 'penstock plugin new' "$work/guide.sh" || fail "the guide has no blocks that could be run"
  (
    cd "$home/work"
    umask 022
    env HOME="$home" PATH="$prefix/bin:$PATH" CMAKE_PREFIX_PATH="$prefix" CXX="$cxx" CMAKE_GENERATOR=Ninja \
      CTEST_PARALLEL_LEVEL=2 bash -eu "$work/guide.sh"
  ) >"$work/guide.out" 2>"$work/guide.err" ||
    fail "the guide does not work: $(cat "$work/guide.out" "$work/guide.err")"
  grep -qx '> INFO hello' "$work/guide.out" ||
    fail "the guide's sink delivered nothing: $(cat "$work/guide.out" "$work/guide.err")"
  grep -q "signature  ok   key " "$work/guide.out" ||
    fail "the guide's plugin has no signature that holds: $(cat "$work/guide.out")"
}

step "install"
"$cmake" --install "$build" --prefix "$work/first" >"$work/install.log" ||
  fail "cmake --install failed: $(cat "$work/install.log")"
# The installed tree must work wherever it lies.
mv "$work/first" "$work/prefix"
prefix=$work/prefix

for file in bin/penstock include/penstock/penstock.hpp; do
  [[ -e $prefix/$file ]] || fail "not installed: $file"
done
pc=$(find "$prefix" -name penstock.pc)
[[ -n $pc ]] || fail "not installed: penstock.pc"
libdir=$(dirname "$(dirname "$pc")")
for file in libpenstock.so libpenstock.a cmake/penstock/penstock-config.cmake; do
  [[ -e $libdir/$file ]] || fail "not installed: $libdir/$file"
done
if grep -rIlF -- "$build" "$prefix/include" "$libdir" >"$work/leaks"; then
  fail "installed files name the build folder: $(cat "$work/leaks")"
fi

step "penstock --version"
said=$("$prefix/bin/penstock" --version) || fail "penstock --version failed"
[[ $said == *"$version"* ]] || fail "penstock --version said '$said', not $version"

compilers=("$cxx")
case $(basename -- "$cxx") in
  clang++*) other=g++ ;;
  *) other=clang++-14 ;;
esac
if command -v "$other" >/dev/null; then
  compilers+=("$other")
fi

export PKG_CONFIG_PATH=$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
[[ $(pkg-config --modversion penstock) == "$version" ]] || fail "pkg-config reports another version"

for compiler in "${compilers[@]}"; do
  name=$(basename -- "$compiler")

  step "find_package with $name"
  outside=$work/outside-$name
  {
    "$cmake" -S "$here/outside" -B "$outside" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" &&
      "$cmake" --build "$outside"
  } >"$work/outside.log" 2>&1 || fail "the outside project does not build: $(cat "$work/outside.log")"
  check_program "$outside/outside_shared"
  check_program "$outside/outside_static"

  step "pkg-config with $name"
  read -ra cflags <<<"$(pkg-config --cflags penstock)"
  read -ra libs <<<"$(pkg-config --libs penstock)"
  "$compiler" -std=c++20 "${cflags[@]}" "$here/outside/main.cpp" -o "$work/by-pkg-config-$name" \
    "${libs[@]}" -Wl,-rpath,"$libdir"
  check_program "$work/by-pkg-config-$name"
  read -ra libs <<<"$(pkg-config --static --libs penstock | sed 's/-lpenstock/-l:libpenstock.a/')"
  "$compiler" -std=c++20 "${cflags[@]}" "$here/outside/main.cpp" -o "$work/by-pkg-config-static-$name" \
    "${libs[@]}"
  check_program "$work/by-pkg-config-static-$name"
done

if [[ -x $prefix/bin/penstock ]]; then
  make_trusted_folder
  for compiler in "${compilers[@]}"; do
    name=$(basename -- "$compiler")
    step "the plugin print with $name"
    build_plugin print "$compiler" "$trusted/$name"
    check_print "$trusted/$name"
  done

  if pkg-config --exists re2; then
    step "the plugin redact"
    build_plugin redact "$cxx" "$trusted/$(basename -- "$cxx")"
    check_redact "$trusted/$(basename -- "$cxx")"
  fi

  if pkg-config --exists openssl; then
    step "the plugin syslog"
    build_plugin syslog "$cxx" "$trusted/$(basename -- "$cxx")"
    check_syslog "$trusted/$(basename -- "$cxx")"
  fi

  if pkg-config --exists rdkafka; then
    step "the plugin kafka"
    build_plugin kafka "$cxx" "$trusted/$(basename -- "$cxx")"
    check_kafka "$trusted/$(basename -- "$cxx")"
  fi

  step "the plugin print with a standard library of its own"
  build_plugin print "$cxx" "$trusted/static" -DCMAKE_MODULE_LINKER_FLAGS="-static-libstdc++ -static-libgcc"
  if readelf -d "$trusted/static/print.penstock.so" | grep -q 'NEEDED.*libstdc++'; then
    fail "-static-libstdc++ had no effect"
  fi
  check_print "$trusted/static"
fi

if [[ -x $prefix/bin/penstock ]] && [[ -e /usr/include/gtest/gtest.h || -e /usr/local/include/gtest/gtest.h ]]; then
  step "the guide for authors of plugins"
  follow_guide
fi

step "all good"
