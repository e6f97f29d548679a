#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh CMAKE BUILD_DIR CXX VERSION: installs a finished build to a fresh prefix, moves the prefix,
# and builds a small outside project against it: find_package (shared and static form) and pkg-config,
# with the compiler of the build and with clang++-14 when it is there.
set -euo pipefail

cmake=$1 build=$2 cxx=$3 version=$4
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-install.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

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
if [[ $(basename -- "$cxx") != clang++-14 ]] && command -v clang++-14 >/dev/null; then
  compilers+=(clang++-14)
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

step "all good"
