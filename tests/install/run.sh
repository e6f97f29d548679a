#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh CMAKE BUILD_DIR CXX VERSION: installs a finished build to a fresh prefix, moves the prefix,
# and builds a small outside project against it: find_package (shared and static form) and pkg-config,
# with the compiler of the build and with the other one of g++ and clang++-14 when it is there. Then
# plugins/print is built against the same tree, and the installed program runs it.
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
  local folder=$1 name
  name=$(basename -- "$folder")
  chmod 644 "$folder"/print.penstock.so
  printf 'logging:\n  sinks:\n    - {name: shown, type: print, prefix: "> "}\n' >"$work/print.yml"
  seq 1 20000 >"$work/print.in"
  "$prefix/bin/penstock" run -c "$work/print.yml" --plugin-dir "$folder" --format text \
    <"$work/print.in" >"$work/print.out" 2>"$work/print.err" ||
    fail "penstock does not run print ($name): $(cat "$work/print.err")"
  sed 's/^/> /' "$work/print.in" | cmp - "$work/print.out" ||
    fail "print ($name) gave other lines than it got: $(cat "$work/print.err")"
}

# Needs $prefix alone: a copy of the plugin's folder, so that nothing beside it helps.
build_print() {
  local compiler=$1 to=$2
  shift 2
  rm -rf -- "$work/print" "$work/print-build"
  cp -R "$here/../../plugins/print" "$work/print"
  {
    "$cmake" -S "$work/print" -B "$work/print-build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" "$@" &&
      "$cmake" --build "$work/print-build"
  } >"$work/print.log" 2>&1 || fail "print does not build with $compiler: $(cat "$work/print.log")"
  ! grep -q 'not checked' "$work/print.log" || fail "print was not inspected: $(cat "$work/print.log")"
  mkdir -p "$to"
  cp "$work/print-build/print.penstock.so" "$to/"
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
    build_print "$compiler" "$trusted/$name"
    check_print "$trusted/$name"
  done

  step "the plugin print with a standard library of its own"
  build_print "$cxx" "$trusted/static" -DCMAKE_MODULE_LINKER_FLAGS="-static-libstdc++ -static-libgcc"
  if readelf -d "$trusted/static/print.penstock.so" | grep -q 'NEEDED.*libstdc++'; then
    fail "-static-libstdc++ had no effect"
  fi
  check_print "$trusted/static"
fi

step "all good"
