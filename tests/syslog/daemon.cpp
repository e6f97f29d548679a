// SPDX-License-Identifier: Apache-2.0
#include "daemon.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "socket.hpp"
#include "support/wait.hpp"
#include "syslog_fixture.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::sinks::testing::Identity;
using penstock::test::eventually;

constexpr unsigned nobody = 65534;

// Where they were unpacked, or the system's own.
std::string root_of(const std::string& program) {
  const std::string unpacked = PENSTOCK_SYSLOG_DAEMONS;
  return ::access((unpacked + program).c_str(), X_OK) == 0 ? unpacked : "";
}
std::string program_of(Daemon::Kind kind) {
  const std::string path =
      kind == Daemon::Kind::rsyslog ? "/usr/sbin/rsyslogd" : "/usr/sbin/syslog-ng";
  return root_of(path) + path;
}

// Root's tests run them as nobody, if nobody can get to where they are.
bool can_be_nobody() {
  for (std::filesystem::path at = PENSTOCK_SYSLOG_DAEMONS; at != at.root_path();) {
    at = at.parent_path();
    std::error_code error;
    const auto rights = std::filesystem::status(at, error).permissions();
    if ((rights & std::filesystem::perms::others_exec) == std::filesystem::perms::none)
      return false;
  }
  return ::geteuid() == 0;
}

// Whether anybody has bound the port; a datagram to one that nobody has is refused.
bool is_bound(std::uint16_t udp_port) {
  const std::string address = fmt::format("0100007F:{:04X}", udp_port);
  std::ifstream sockets("/proc/net/udp");
  for (std::string word; sockets >> word;) {
    if (word == address) return true;
  }
  return false;
}

[[noreturn]] void run(const std::vector<std::string>& command, const std::string& log,
                      const std::string& libraries) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (can_be_nobody()) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // gone with the change of the user
  }
  ::setenv("LD_LIBRARY_PATH", libraries.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

bool Daemon::is_there(Kind kind) { return ::access(program_of(kind).c_str(), X_OK) == 0; }

Daemon::Daemon(Kind kind)
    : kind_(kind),
      folder_("/tmp/penstock-syslogd-XXXXXX"),
      counted_port_(free_port()),
      lines_port_(free_port()),
      tls_port_(free_port()),
      legacy_port_(free_port()) {
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  if (can_be_nobody()) {
    EXPECT_EQ(::chown(folder_.c_str(), nobody, nobody), 0);
  }
  ::chmod(folder_.c_str(), 0755);
  const Identity authority = penstock::sinks::testing::make_authority();
  const Identity server = penstock::sinks::testing::make_identity(&authority, "localhost");
  const Identity client = penstock::sinks::testing::make_identity(&authority, "client");
  const Identity other = penstock::sinks::testing::make_authority("another authority");
  write("ca.pem", authority.pem());
  write("other.pem", other.pem());
  write("server.pem", server.pem());
  write("server.key", server.key_pem());
  write("client.pem", client.pem());
  write("client.key", client.key_pem());
  write("conf", kind == Kind::rsyslog ? rsyslog_configuration() : syslog_ng_configuration());
}

Daemon::~Daemon() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  if (::testing::Test::HasFailure()) {
    std::ifstream log(file("log"));
    const std::string text((std::istreambuf_iterator<char>(log)), {});
    std::fprintf(stderr, "the daemon said: %s\n", text.c_str());
  }
  std::filesystem::remove_all(folder_);
}

void Daemon::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name)) << text;
}

std::string Daemon::rsyslog_configuration() const {
  return fmt::format(
      R"(global(workDirectory="{0}" maxMessageSize="64k" net.enableDNS="off"
  parser.escapeControlCharactersOnReceive="off" defaultNetstreamDriverCAFile="{0}/ca.pem"
  defaultNetstreamDriverCertFile="{0}/server.pem" defaultNetstreamDriverKeyFile="{0}/server.key")
main_queue(queue.timeoutShutdown="20000" queue.timeoutActionCompletion="20000")
module(load="imudp") module(load="imptcp") module(load="imuxsock" SysSock.Use="off")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1"
  StreamDriver.AuthMode="x509/name" PermittedPeer=["client"])
template(name="parsed" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="version" name="protocol-version" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="procid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="sd" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf") }}
ruleset(name="all") {{ action(type="omfile" file="{0}/out" template="parsed") }}
input(type="imudp" address="127.0.0.1" port="{1}" ruleset="all")
input(type="imptcp" address="127.0.0.1" port="{1}" ruleset="all" supportOctetCountedFraming="on")
input(type="imptcp" address="127.0.0.1" port="{2}" ruleset="all" supportOctetCountedFraming="off")
input(type="imtcp" address="127.0.0.1" port="{3}" ruleset="all")
input(type="imudp" address="127.0.0.1" port="{4}" ruleset="all")
input(type="imptcp" address="127.0.0.1" port="{4}" ruleset="all" supportOctetCountedFraming="off")
input(type="imuxsock" Socket="{0}/datagram" UseSpecialParser="off" ruleset="all"
  RateLimit.Interval="0" IgnoreTimestamp="off" UseSysTimeStamp="off")
)",
      folder_, counted_port_, lines_port_, tls_port_, legacy_port_);
}

std::string Daemon::syslog_ng_configuration() const {
  return fmt::format(
      R"(@version: 3.38
options {{ keep-hostname(yes); use-dns(no); flush-lines(0); frac-digits(6); log-msg-size(65536); }};
source s {{
  syslog(ip(127.0.0.1) port({1}) transport("udp"));
  syslog(ip(127.0.0.1) port({1}) transport("tcp"));
  network(ip(127.0.0.1) port({2}) transport("tcp") flags(syslog-protocol));
  syslog(ip(127.0.0.1) port({3}) transport("tls") tls(key-file("{0}/server.key")
    cert-file("{0}/server.pem") ca-file("{0}/ca.pem") peer-verify(required-trusted)));
  network(ip(127.0.0.1) port({4}) transport("udp"));
  network(ip(127.0.0.1) port({4}) transport("tcp"));
  unix-dgram("{0}/datagram" flags(syslog-protocol));
  unix-stream("{0}/stream" flags(syslog-protocol));
}};
destination d {{ file("{0}/out"
  template("$(format-json pri=${{PRI}} time=${{ISODATE}} host=${{HOST}} app=${{PROGRAM}}
procid=${{PID}} msgid=${{MSGID}} msg=${{MESSAGE}} sd=${{SDATA}})\n")); }};
log {{ source(s); destination(d); flags(flow-control); }};
)",
      folder_, counted_port_, lines_port_, tls_port_, legacy_port_);
}

std::vector<std::string> Daemon::command() const {
  const std::string root =
      root_of(kind_ == Kind::rsyslog ? "/usr/sbin/rsyslogd" : "/usr/sbin/syslog-ng");
  if (kind_ == Kind::rsyslog) {
    return {program_of(kind_),
            "-n",
            "-iNONE",
            "-f",
            file("conf"),
            "-M",
            root + "/usr/lib/x86_64-linux-gnu/rsyslog"};
  }
  return {program_of(kind_), "-F",
          "--no-caps",       "-f",
          file("conf"),      "-R",
          file("persist"),   "-p",
          file("pid"),       "-c",
          file("control"),   "--module-path=" + root + "/usr/lib/syslog-ng/3.38"};
}

void Daemon::start() {
  const std::string root =
      root_of(kind_ == Kind::rsyslog ? "/usr/sbin/rsyslogd" : "/usr/sbin/syslog-ng");
  const std::vector<std::string> arguments = command();
  const std::string log = file("log");
  const std::string libraries = root + "/usr/lib/syslog-ng";
  process_ = ::fork();
  ASSERT_GE(process_, 0);
  if (process_ == 0) run(arguments, log, libraries);
  ASSERT_TRUE(eventually([&] {
    int status = 0;
    return ::waitpid(process_, &status, WNOHANG) != 0 || listens();
  }));
  ASSERT_EQ(::waitpid(process_, nullptr, WNOHANG), 0) << "it has ended";
}

// At all that it has been given.
bool Daemon::listens() const {
  std::vector<std::string> streams = {counted(), lines(), legacy_lines(),
                                      "tcp://127.0.0.1:" + std::to_string(tls_port_)};
  if (kind_ == Kind::syslog_ng) streams.push_back(local_stream());
  streams.push_back(local_datagram());
  const Wait wait{.deadline = Clock::now() + std::chrono::seconds(1)};
  return is_bound(counted_port_) && is_bound(legacy_port_) &&
         std::all_of(streams.begin(), streams.end(), [&](const std::string& url) {
           return connect_to(parse_server(url), wait).ok();
         });
}

void Daemon::stop() {
  ::kill(process_, SIGTERM);
  int status = 0;
  ASSERT_TRUE(eventually([&] { return ::waitpid(process_, &status, WNOHANG) != 0; }));
  process_ = -1;
}

void Daemon::send(int signal) const { ::kill(process_, signal); }

std::vector<std::string> Daemon::output() const {
  std::ifstream in(file("out"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line) && !in.eof();) lines.push_back(line);
  return lines;
}

std::vector<nlohmann::json> Daemon::wait_for(std::size_t count) const {
  std::vector<std::string> lines;
  EXPECT_TRUE(eventually([&] {
    lines = output();
    return lines.size() >= count;
  })) << lines.size()
      << " of " << count;
  std::vector<nlohmann::json> parsed;
  for (const std::string& line : lines) parsed.push_back(nlohmann::json::parse(line));
  return parsed;
}

}  // namespace penstock::syslog::testing
