// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace penstock::syslog {
namespace {

constexpr std::uint64_t most_of_udp = 65'507;  // over IPv4; IPv6 would take 20 more

constexpr std::array<std::string_view, 24> facilities{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

// Of the option, which the schema has restricted to these words.
template <class Choice, std::size_t count>
Choice choose(const plugin::Config& config, std::string_view path,
              const std::array<std::pair<std::string_view, Choice>, count>& choices) {
  const std::string text = config.text(path, choices.front().first);
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const auto& choice) { return choice.first == text; });
  if (found == choices.end()) {
    refuse(std::string(path) + ": '" + text + "' is not one of its words");
  }
  return found->second;
}

unsigned read_facility(const plugin::Config& config) {
  const std::string name = config.text("facility", "user");
  const auto found = std::find(facilities.begin(), facilities.end(), name);
  if (found == facilities.end()) refuse("facility: there is no '" + name + "'");
  return static_cast<unsigned>(found - facilities.begin());
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

// A plugin in a process of its own is a child of the process that logs.
std::string process_id() {
  std::string name;
  std::ifstream("/proc/self/comm") >> name;
  return std::to_string(name.starts_with("penstock-plugi") ? ::getppid() : ::getpid());
}

// {pid} is no name of the event's: it is put in here.
std::string with_pid(std::string text) {
  constexpr std::string_view name = "{pid}";
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
    const bool is_brace = at > 0 && text[at - 1] == '{';
    if (is_brace) {
      at += name.size();
    } else {
      text.replace(at, name.size(), process_id());
    }
  }
  return text;
}

std::vector<Server> read_servers(const plugin::Config& config) {
  std::vector<Server> servers;
  for (const std::string& text : config.texts("servers")) servers.push_back(parse_server(text));
  if (servers.empty()) refuse("servers: there is none");
  const bool is_stream = servers.front().is_stream();
  for (const Server& server : servers) {
    if (server.is_stream() != is_stream) {
      refuse("servers: '" + server.text + "' and '" + servers.front().text +
             "' cannot stand for each other: one takes datagrams, the other a stream");
    }
  }
  return servers;
}

bool any_is(const std::vector<Server>& servers, Transport transport) {
  return std::any_of(servers.begin(), servers.end(),
                     [&](const Server& server) { return server.transport == transport; });
}

Framing read_framing(const plugin::Config& config, const std::vector<Server>& servers) {
  enum class Word { automatic, octet_counting, lf };
  constexpr std::array<std::pair<std::string_view, Word>, 3> words{
      {{"auto", Word::automatic}, {"octet_counting", Word::octet_counting}, {"lf", Word::lf}}};
  const Word word = choose(config, "framing", words);
  const auto has = [&](Transport transport) { return any_is(servers, transport); };
  if (!servers.front().is_stream()) {
    if (word != Word::automatic) refuse("framing: a datagram has none; leave it at 'auto'");
    return Framing::none;
  }
  if (word == Word::lf && has(Transport::tls)) {
    refuse("framing: 'lf' cannot go over tls://, where RFC 5425 counts octets");
  }
  if (word == Word::octet_counting) return Framing::octet_counting;
  if (word == Word::lf) return Framing::lf;
  if (!has(Transport::unix_stream)) return Framing::octet_counting;
  if (has(Transport::tcp) || has(Transport::tls)) {
    refuse("framing: local and remote streams are framed differently by default; say which");
  }
  return Framing::lf;
}

// Local receivers know where they are, and in RFC 3164 take a name for the tag.
void leave_out_hostname(Format& format, const std::vector<Server>& servers) {
  if (format.protocol != Protocol::rfc3164) return;
  const bool is_local = servers.front().is_local();
  for (const Server& server : servers) {
    if (server.is_local() != is_local) {
      refuse("servers: rfc3164 is written in another way for local sockets: '" + server.text +
             "' and '" + servers.front().text + "' cannot stand for each other");
    }
  }
  if (is_local) format.hostname.clear();
}

// Its range is told in words of the manual.
std::size_t read_size(const plugin::Config& config, std::string_view path, std::uint64_t fallback,
                      std::pair<std::uint64_t, std::uint64_t> range, std::string_view told) {
  const std::uint64_t bytes = config.bytes(path, fallback);
  if (bytes < range.first || bytes > range.second) {
    refuse(std::string(path) + ": " + std::to_string(bytes) + " bytes are not " +
           std::string(told));
  }
  return static_cast<std::size_t>(bytes);
}

std::size_t read_max_message(const plugin::Config& config, const std::vector<Server>& servers) {
  constexpr std::uint64_t standard = 8192;
  if (any_is(servers, Transport::udp)) {
    return read_size(config, "max_message", standard, {least_max_message, most_of_udp},
                     "1KiB .. 65507B, which is the most that UDP can carry");
  }
  return read_size(config, "max_message", standard, {least_max_message, 1024 * 1024},
                   "1KiB .. 1MiB");
}

std::chrono::milliseconds read_time(const plugin::Config& config, std::string_view path,
                                    std::chrono::milliseconds fallback,
                                    std::chrono::milliseconds least) {
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(config.duration(path, fallback));
  constexpr std::chrono::hours most{24};
  const bool is_off = least.count() == 0 && time.count() == 0;
  if (!is_off && (time < std::max(least, std::chrono::milliseconds(1)) || time > most)) {
    refuse(std::string(path) + ": " + std::to_string(time.count()) + " ms are not " +
           std::to_string(least.count()) + "ms .. 24h");
  }
  return time;
}

TlsOptions read_tls(const plugin::Config& config) {
  TlsOptions tls;
  tls.ca_file = config.text("ca_file");
  tls.cert_file = config.text("cert_file");
  tls.key_file = config.text("key_file");
  tls.key_password = config.secret("key_password");
  tls.server_name = config.text("server_name");
  if (tls.server_name.starts_with('.')) {
    // To OpenSSL that is any name below it.
    refuse("server_name: '" + tls.server_name + "' is no name: it begins with a dot");
  }
  tls.only_tls_1_3 = config.text("tls_min", "1.2") == "1.3";
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    refuse(tls.cert_file.empty() ? "key_file: its certificate, cert_file, is missing"
                                 : "cert_file: its key, key_file, is missing");
  }
  return tls;
}

Format read_format(const plugin::Config& config) {
  constexpr std::array<std::pair<std::string_view, Protocol>, 2> protocols{
      {{"rfc5424", Protocol::rfc5424}, {"rfc3164", Protocol::rfc3164}}};
  constexpr std::array<std::pair<std::string_view, Oversize>, 3> oversizes{
      {{"cut", Oversize::cut}, {"split", Oversize::split}, {"refuse", Oversize::refuse}}};
  Format format;
  format.protocol = choose(config, "protocol", protocols);
  format.oversize = choose(config, "too_large", oversizes);
  format.facility = read_facility(config);
  format.hostname = config.text("hostname");
  if (format.hostname.empty()) format.hostname = host_name();
  format.app_name = with_pid(config.text("app_name", "{logger}"));
  format.procid = with_pid(config.text("procid", "{pid}"));
  format.msgid = with_pid(config.text("msgid", "{event}"));
  format.message = with_pid(config.text("message", "{message}"));
  format.structured_data = config.boolean("structured_data", true);
  format.sd_id = config.text("sd_id", "fields@32473");
  format.bom = config.boolean("bom", false);
  return format;
}

// Whoever gives an option that does nothing here has a mistake in another one. What is given as its
// default cannot be told from what is not given.
[[noreturn]] void refuse_idle(std::string_view option, std::string_view why) {
  refuse(std::string(option) + ": has no effect, since " + std::string(why));
}

void refuse_when_given(const plugin::Config& config, std::string_view option,
                       std::string_view standard, std::string_view why) {
  if (config.text(option, standard) != standard) refuse_idle(option, why);
}

void refuse_idle_tls(const plugin::Config& config, const std::vector<Server>& servers) {
  if (any_is(servers, Transport::tls)) return;
  constexpr std::string_view why = "no server is tls://";
  for (const std::string_view option : {"ca_file", "cert_file", "key_file", "server_name"}) {
    refuse_when_given(config, option, "", why);
  }
  refuse_when_given(config, "tls_min", "1.2", why);
  if (!config.secret("key_password").empty()) refuse_idle("key_password", why);
}

void refuse_idle_format(const plugin::Config& config, const Format& format) {
  constexpr std::string_view why = "rfc3164 has none";
  const Format standard;
  if (format.protocol == Protocol::rfc3164) {
    refuse_when_given(config, "msgid", standard.msgid, why);
    refuse_when_given(config, "sd_id", standard.sd_id, why);
    if (format.bom) refuse_idle("bom", why);
  }
  if (config.text("payload", "message") == "format") {
    refuse_when_given(config, "message", standard.message, "the payload is the sink's format");
  }
}

void refuse_idle_times(const SenderOptions& options) {
  if (options.servers.front().is_stream()) return;
  constexpr std::string_view why = "datagrams have no connection";
  const SenderOptions standard;
  if (options.resend_bytes != standard.resend_bytes) refuse_idle("resend", why);
  if (options.stream.dead_after != standard.stream.dead_after) refuse_idle("dead_after", why);
  if (options.stream.stalled_after != standard.stream.stalled_after) {
    refuse_idle("stalled_after", why);
  }
}

}  // namespace

Options read_options(const plugin::Config& config) {
  using std::chrono::milliseconds;
  Options options;
  options.format = read_format(config);
  options.is_ready = config.text("payload", "message") == "format";
  SenderOptions& sender = options.sender;
  sender.servers = read_servers(config);
  options.is_stream = sender.servers.front().is_stream();
  options.format.framing = read_framing(config, sender.servers);
  options.format.max_message = read_max_message(config, sender.servers);
  leave_out_hostname(options.format, sender.servers);
  refuse_idle_format(config, options.format);
  refuse_idle_tls(config, sender.servers);
  sender.tls = read_tls(config);
  sender.resend_bytes =
      read_size(config, "resend", sender.resend_bytes, {0, 64 * 1024 * 1024}, "0 .. 64MiB");
  StreamOptions& stream = sender.stream;
  stream.connect_timeout =
      read_time(config, "connect_timeout", stream.connect_timeout, milliseconds(1));
  stream.dead_after = read_time(config, "dead_after", stream.dead_after, milliseconds(1000));
  stream.stalled_after =
      read_time(config, "stalled_after", stream.stalled_after, milliseconds(1000));
  sender.failback = read_time(config, "failback", sender.failback, milliseconds(0));
  refuse_idle_times(sender);
  return options;
}

}  // namespace penstock::syslog
