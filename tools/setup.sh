# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# setup.sh: what ./dev installs or fetches, and how it knows what is missing. Sourced by ./dev, whose
# error(), die() and heading() it uses.

# Debian package, and what shows that it is there on a system without dpkg: a command, a header, or any
# other file, by pattern (tried under /usr and /usr/local).
packages_of() {
  case $1 in
    build)
      cat <<'TABLE'
g++                   command g++
cmake                 command cmake
ninja-build           command ninja
pkg-config            command pkg-config
libfmt-dev            header  fmt/core.h
libconcurrentqueue-dev header concurrentqueue/concurrentqueue.h moodycamel/concurrentqueue.h
libyaml-cpp-dev       header  yaml-cpp/yaml.h
libsimdjson-dev       header  simdjson.h
libcli11-dev          header  CLI/CLI.hpp
libcurl4-openssl-dev  header  curl/curl.h */curl/curl.h
libssl-dev            header  openssl/evp.h
zlib1g-dev            header  zlib.h
libboost-dev          header  boost/dll/shared_library.hpp
TABLE
      ;;
    test)
      cat <<'TABLE'
libgtest-dev          header  gtest/gtest.h
libgmock-dev          header  gmock/gmock.h
nlohmann-json3-dev    header  nlohmann/json.hpp
libre2-dev            header  re2/re2.h
librdkafka-dev        header  librdkafka/rdkafka.h
kcat                  command kcat
nghttp2-server        file    sbin/nghttpd bin/nghttpd
python3               command python3
minisign              command minisign
libestr0              file    lib/*/libestr.so.0 lib*/libestr.so.0
libfastjson4          file    lib/*/libfastjson.so.4 lib*/libfastjson.so.4
libglib2.0-0          file    lib/*/libglib-2.0.so.0 lib*/libglib-2.0.so.0
libivykis0            file    lib/*/libivykis.so.0 lib*/libivykis.so.0
libjson-c5            file    lib/*/libjson-c.so.5 lib*/libjson-c.so.5
liblognorm5           file    lib/*/liblognorm.so.5 lib*/liblognorm.so.5
libnet1               file    lib/*/libnet.so.1 lib*/libnet.so.1
libpcre3              file    lib/*/libpcre.so.3 lib*/libpcre.so.3
libwrap0              file    lib/*/libwrap.so.0 lib*/libwrap.so.0
clang-14              command clang++-14
libclang-rt-14-dev    file    lib/llvm-14/lib/clang/14*/lib/*/libclang_rt.tsan*.a lib*/clang/14*/lib/*/libclang_rt.tsan*.a
TABLE
      ;;
    bench)
      cat <<'TABLE'
libbenchmark-dev      header  benchmark/benchmark.h
libspdlog-dev         header  spdlog/spdlog.h
libboost-log-dev      header  boost/log/core.hpp
libgoogle-glog-dev    header  glog/logging.h
TABLE
      ;;
    kafka)
      cat <<'TABLE'
openjdk-17-jre-headless command java
maven                 command mvn
TABLE
      ;;
    lint)
      cat <<'TABLE'
clang-format-14       command clang-format-14
clang-tidy-14         command clang-tidy-14
shellcheck            command shellcheck
python3               command python3
TABLE
      ;;
  esac
}

is_there() {
  local package=$1 kind=$2 place
  shift 2
  if command -v dpkg-query >/dev/null; then
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
    return
  fi
  if [[ $kind == command ]]; then
    command -v "$1" >/dev/null
    return
  fi
  for place in "$@"; do
    [[ $kind == header ]] && place=include/$place
    if compgen -G "/usr/$place" >/dev/null || compgen -G "/usr/local/$place" >/dev/null; then return 0; fi
  done
  return 1
}

# Installs what is missing of the named groups, and nothing else. Silent when nothing is missing.
need() {
  local group package kind probes
  local -a missing=() root=() places=()
  for group in "$@"; do
    while read -r package kind probes; do
      read -ra places <<<"$probes"
      is_there "$package" "$kind" "${places[@]}" || missing+=("$package")
    done < <(packages_of "$group")
  done
  if ((${#missing[@]} == 0)); then return 0; fi

  if ! command -v apt-get >/dev/null; then
    error "these are missing, and there is no apt-get to install them (names of Debian packages):"
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
  fi
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "needs root or sudo; as root: apt-get install --no-install-recommends ${missing[*]}"
    root=(sudo)
  fi
  heading "install ${missing[*]}"
  "${root[@]}" apt-get update -q || die "apt-get update failed"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]}"
}

# rsyslog and syslog-ng, which the tests of plugins/syslog start. Where they cannot be had, those are
# skipped, unless the system has them itself.
need_daemons() {
  mkdir -p build
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
  bash tests/syslog/daemons.sh build/syslog-daemons 2>build/daemons.log ||
    { cat build/daemons.log >&2; error "the tests against rsyslog and syslog-ng will be skipped"; }
}

# The broker for tests/kafka: nothing is built against it, and nothing of it is shipped.
fetch_kafka() {
  local folder=build/kafka/lib log=build/kafka.log
  if compgen -G "$folder/kafka_2.13-*.jar" >/dev/null; then return 0; fi
  (need kafka) || return 1
  heading "fetch Apache Kafka"
  rm -rf "$folder" "$folder.partial"
  mkdir -p build/kafka
  if ! timeout 300 mvn -B -ntp -f tests/kafka/broker/pom.xml dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$PWD/$folder.partial" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    error "Maven could not fetch Kafka (all that it said is in $log)"
    return 1
  fi
  mv "$folder.partial" "$folder"
}
