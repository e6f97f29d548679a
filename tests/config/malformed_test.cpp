// SPDX-License-Identifier: Apache-2.0
// Malformed configurations, each with everything that is reported about it, to the letter.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

// Each puts `text` where a key, or a list item, of that part of the file can stand.
std::string console(const std::string& text) {  // line 5, column 7
  return "logging:\n  sinks:\n    - name: a\n      type: console\n      " + text + "\n";
}
std::string file(const std::string& text) {  // line 6, column 7
  return "logging:\n  sinks:\n    - name: a\n      type: file\n      path: a.log\n      " + text +
         "\n";
}
std::string logging(const std::string& text) {  // line 3, column 3
  return "logging:\n  sinks: [{name: a, type: console}]\n  " + text + "\n";
}
std::string triggers(const std::string& text) {  // line 3, column 3
  return "logging: {sinks: [{name: a, type: console}]}\ntriggers:\n  " + text + "\n";
}

struct Case {
  std::string yaml;
  std::string errors;
};

const std::vector<Case> structure_cases = {
    {"", "1:1: the configuration is empty"},
    {"# only a comment\n", "1:1: the configuration is empty"},
    {"~\n", "1:1: the configuration is empty"},
    {"just text\n", "1:1: the file must be a mapping with the key 'logging'"},
    {"- a\n- b\n", "1:1: the file must be a mapping with the key 'logging'"},
    {"triggers: []\n", "1:1: missing key 'logging' in the top level of the file"},
    {"logging:\n", "1:1: 'logging' has no value"},
    {"logging: []\n", "1:10: 'logging' must be a mapping, not a list"},
    {"logging: {}\n", "1:10: missing key 'sinks' in 'logging'"},
    {"logging:\n  sinks: {name: a}\n", "2:10: 'sinks' must be a list, not a mapping"},
    {"logging:\n  sinks: []\n", "2:10: 'sinks' is empty; there must be at least one sink"},
    {"logging:\n  sinks:\n    - console\n", "3:7: 'sinks[0]' must be a mapping, not 'console'"},
    {"logging:\n  sinks:\n    -\n    - {name: a, type: console}\n", "3:5: 'sinks[0]' has no value"},
    {"login:\n  sinks: []\n",
     "1:1: unknown key 'login' in the top level of the file (did you mean 'logging'?)\n1:1: "
     "missing key 'logging' in the top level of the file"},
    {"logging: {sinks: [{name: a, type: console}]}\nsinks: []\n",
     "2:1: unknown key 'sinks' in the top level of the file; it belongs to 'logging'"},
    {"logging: {sinks: [{name: a, type: console}]}\nzebra: 1\n",
     "2:1: unknown key 'zebra' in the top level of the file; valid keys are logging, triggers, "
     "plugins"},
    {"logging: {sinks: [{name: a, type: console}], triggers: []}\ntriggers: []\n",
     "2:1: 'triggers' is in 'logging' already, in line 1; it can be in one place only"},
};

constexpr const char* good_sinks = "logging: {sinks: [{name: a, type: console}]}\n";

// Each after a first line that is right.
const std::vector<Case> plugins_cases = {
    {"plugins: []\n", "2:10: 'plugins' must be a mapping, not a list"},
    {"plugins: {signature: strict}\n",
     "2:22: 'signature' cannot be 'strict'; it is one of off, warn, enforce"},
    {"plugins: {signature: enforc}\n",
     "2:22: 'signature' cannot be 'enforc' (did you mean 'enforce'?); it is one of off, warn, "
     "enforce"},
    {"plugins: {signature: '${LEVEL:-off}'}\n",
     "2:22: 'signature' cannot have ${...}: the environment does not say which plugins may be "
     "loaded\n2:22: 'signature' cannot be 'INFO'; it is one of off, warn, enforce"},
    {"plugins: {'${RULE:-signature}': off}\n", "2:11: a key in 'plugins' cannot have ${...}"},
    {"plugins: {directories: [plugins]}\n",
     "2:25: 'directories' must be absolute paths, not 'plugins'"},
    {"plugins: {trust: trust.d}\n", "2:18: 'trust' must be an absolute path, not 'trust.d'"},
    {"plugins: {revoked: [/a]}\n", "2:20: 'revoked' must be text, not a list"},
    {"plugins: {state: ''}\n", "2:18: 'state' is empty"},
    {"plugins: {pins: [org.example.a]}\n", "2:17: 'pins' must be a mapping, not a list"},
    {"plugins: {pins: {org.example.a: 'sha256:12'}}\n",
     "2:33: the pin of 'org.example.a' must be sha256: and the 64 digits that sha256sum shows, not "
     "'sha256:12'"},
    {"plugins: {pins: {kafka: 'sha256:12'}}\n",
     "2:18: 'pins' names plugins by their id, such as org.example.kafka, not 'kafka'"},
    {"plugins: {allow_unsigned: org.example.a}\n",
     "2:27: 'allow_unsigned' must be a list, not 'org.example.a'"},
    {"plugins: {allow_unsigned: ['*']}\n",
     "2:28: 'allow_unsigned' names plugins by their id, such as org.example.kafka, not '*'"},
    {"plugins: {allow_unsigned: ['${ID:-org.example.a}']}\n",
     "2:28: 'allow_unsigned' cannot have ${...}: the environment does not say which plugins may be "
     "loaded"},
};

const std::vector<Case> yaml_cases = {
    {"logging:\n\tsinks: []\n", "2:1: a tab cannot indent in YAML; use spaces"},
    {"logging:\n  sinks:\n    - name: a\n   \t  type: console\n",
     "4:4: a tab cannot indent in YAML; use spaces"},
    {"# [\nlogging:\n  sinks:\n    - name: a\n\t  type: console\n",
     "5:1: a tab cannot indent in YAML; use spaces"},
    // Within brackets a tab is no mistake.
    {"logging:\n  sinks: [{name: a,\n\ttype: console: b}]\n",
     "3:15: a mapping in { } is not closed"},
    {"logging:\n  sinks: []\n levels: {}\n",
     "3:2: this does not belong to the mapping above; check the indentation"},
    {"logging:\n  sinks: [a, b\n", "3:1: a list in [ ] is not closed"},
    {"logging: {sinks: [{name: a}]\n", "2:1: a mapping in { } is not closed"},
    {"logging:\n  default_level: \"INFO\n", "3:1: a quoted text is not closed"},
    {"logging: a: b\n",
     "1:11: 'key: value' cannot stand here; check the indentation, and quote text that holds "
     "': '"},
    {"logging:\n  sinks: *missing\n", "2:10: there is no anchor of this name above"},
    {"logging: {sinks: [{name: a, type: console}]}\n---\nlogging: {}\n",
     "2:1: there is more after the end of the document; a configuration is one document"},
    {"logging:\n  default_level: @x\n", "2:18: text cannot begin with this character; quote it"},
    {"logging:\n  sinks:\n    - name: a\n      type: console\n     - name: b\n",
     "5:6: this does not belong to the list above; check the indentation"},
    {"logging: &x\n  sinks: [*x]\n", "2:11: an alias cannot stand within the value it refers to"},
    {console("level: INFO\n      level: DEBUG"),
     "6:7: duplicate key 'level'; the first is in line 5"},
    {console("<<: {level: INFO}"), "5:7: the merge key '<<' is not supported; write the keys out"},
    {console("? [level]\n      : INFO"), "5:9: a key must be text"},
    {console("level: !secret INFO"), "5:14: the tag '!secret' is not supported"},
    {console("queue: !!omap {max_bytes: 1MiB}"),
     "5:14: the tag 'tag:yaml.org,2002:omap' is not supported"},
    {"logging:\n  default_level: \007\n", "2:18: there is a control character"},
    {"logging:\n  default_level: caf\377\n", "2:21: there is a byte that is not UTF-8"},
    {std::string("logging:\n  default_level: a\000b\n", 30), "2:19: there is a NUL byte"},
};

const std::vector<Case> sink_cases = {
    {"logging:\n  sinks:\n    - type: console\n", "3:7: missing key 'name' in a sink"},
    {"logging:\n  sinks:\n    - name: a\n", "3:7: missing key 'type' in a sink"},
    {"logging:\n  sinks:\n    - {name: a-b, type: console}\n",
     "3:14: 'name' can hold letters, digits and underscores only, not 'a-b'"},
    {"logging:\n  sinks:\n    - {name: '', type: console}\n", "3:14: 'name' is empty"},
    {"logging:\n  sinks:\n    - {name: a, type: console}\n    - {name: a, type: 'null'}\n",
     "4:14: duplicate sink name 'a'; the first is in line 3"},
    {"logging:\n  sinks:\n    - {name: a, type: consol}\n",
     "3:23: 'type' cannot be 'consol' (did you mean 'console'?); it is one of console, file, "
     "null, webhook"},
    {"logging:\n  sinks:\n    - {name: a, type: kafka}\n",
     "3:23: 'type' cannot be 'kafka'; it is one of console, file, null, webhook"},
    {"logging:\n  sinks:\n    - {name: a, type: file}\n", "3:7: missing key 'path' in a file sink"},
    {"logging:\n  sinks:\n    - {name: a, type: file, path: x.log}\n    - {name: b, type: "
     "file, path: ./x.log}\n",
     "4:35: the file './x.log' belongs to sink 'a' already"},
    {"logging:\n  sinks:\n    - {name: a, type: file, path: x.log}\n    - {name: b, type: "
     "file, path: x.log.1}\n",
     "4:35: the file 'x.log.1' is a backup of sink 'a'"},
    {"logging:\n  sinks:\n    - {name: a, type: file, path: ./x.log.12}\n    - {name: b, type: "
     "file, path: x.log, backup_count: 0}\n",
     "4:35: the file 'x.log' has the file of sink 'a' as a backup"},
    {"logging:\n  sinks:\n    - {nam: a, typ: console, levl: INFO, que: {}, stream: stderr}\n",
     "3:7: missing key 'name' in a sink\n"
     "3:7: missing key 'type' in a sink\n"
     "3:8: unknown key 'nam' in a sink (did you mean 'name'?)\n"
     "3:16: unknown key 'typ' in a sink (did you mean 'type'?)\n"
     "3:30: unknown key 'levl' in a sink (did you mean 'level'?)\n"
     "3:42: unknown key 'que' in a sink; valid keys are name, type, level, format, queue, batch, "
     "when_full, block_timeout, retry, limits, max_in_flight, call_timeout, dead_letter, "
     "only_dead_letters, processors, affinity, required, stream, color, path, max_bytes, "
     "backup_count, "
     "rotate_every, mode, owner, fsync_interval, create_directories, url, method, payload, per, "
     "body, compression, bearer, user, password, headers, signing_secret, connect_timeout, "
     "timeout, "
     "retry_codes, proxy, ca_file, allow_private, allow_plain_http"},
    {"logging:\n  sinks:\n    - {name: a, type: fil, path: x.log, bakup_count: 3}\n",
     "3:23: 'type' cannot be 'fil' (did you mean 'file'?); it is one of console, file, null, "
     "webhook\n"
     "3:41: unknown key 'bakup_count' in a sink (did you mean 'backup_count'?)"},
    {"logging:\n  sinks:\n    - {name: a, type: webhook}\n    - {name: b, type: console}\n",
     "3:7: missing key 'url' in a webhook sink"},
    {"logging:\n  sinks:\n    - {name: a, type: webhook, url: example.com}\n    - {name: b, "
     "type: console}\n",
     "3:37: 'url' must begin with http:// or https://"},
};

const std::vector<Case> sink_key_cases = {
    {console("lvel: INFO"), "5:7: unknown key 'lvel' in a console sink (did you mean 'level'?)"},
    {console("path: x.log"),
     "5:7: unknown key 'path' in a console sink; it belongs to a file sink"},
    {console("colour: never"),
     "5:7: unknown key 'colour' in a console sink (did you mean 'color'?)"},
    {console("retry: {min_backoff: 1us, max_backof: 5s}"),
     "5:28: 'min_backoff' is '1us'; the range is 1ms .. 1h\n"
     "5:33: unknown key 'max_backof' in 'retry' (did you mean 'max_backoff'?)"},
    {console("retry: {min_backoff: 5s, max_backoff: 1s, expire_after: never}"),
     "5:14: 'min_backoff' (5s) is longer than 'max_backoff' (1s)\n"
     "5:63: 'expire_after' must be a duration such as 5ms, not 'never'"},
    {console("max_events: 5"),
     "5:7: unknown key 'max_events' in a console sink; it belongs to 'batch'"},
    {console("level:"), "5:7: 'level' has no value"},
    {console("level: LOUD"),
     "5:14: 'level' cannot be 'LOUD'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL"},
    {console("level: [INFO]"), "5:14: 'level' must be a level, not a list"},
    {console("level: WARNNG"),
     "5:14: 'level' cannot be 'WARNNG' (did you mean 'WARNING'?); it is one of TRACE, DEBUG, "
     "INFO, WARNING, ERROR, CRITICAL"},
    {console("stream: syserr"),
     "5:15: 'stream' cannot be 'syserr' (did you mean 'stderr'?); it is one of stdout, stderr"},
    {console("color: yes"), "5:14: 'color' cannot be 'yes'; it is one of auto, never, always"},
    {console("format: xml"), "5:15: 'format' cannot be 'xml'; it is one of text, json, logfmt"},
    {console("format: {type: jsn}"),
     "5:22: 'type' cannot be 'jsn' (did you mean 'json'?); it is one of text, json, logfmt"},
    {console("format: {type: json, pattern: '{message}'}"),
     "5:28: 'pattern' is for the format 'text' only"},
    {console("format: {patern: '{message}'}"),
     "5:16: unknown key 'patern' in 'format' (did you mean 'pattern'?)"},
    {console("format: [json]"), "5:15: 'format' must be a word, not a list"},
    {console("when_full: drop"),
     "5:18: 'when_full' cannot be 'drop'; it is one of block, drop_newest, drop_oldest"},
    {console("when_full: drop_oldst"),
     "5:18: 'when_full' cannot be 'drop_oldst' (did you mean 'drop_oldest'?); it is one of "
     "block, drop_newest, drop_oldest"},
    {console("block_timeout: 30"),
     "5:22: 'block_timeout' needs a unit: write 30ms, 30s, or another of ns, us, ms, s, m, h, d"},
    {console("block_timeout: foreve"),
     "5:22: 'block_timeout' cannot be 'foreve' (did you mean 'forever'?); it is one of "
     "forever, or a duration"},
    {console("block_timeout: -1s"), "5:22: 'block_timeout' cannot be negative: '-1s'"},
    {console("queue: 64MiB"), "5:14: 'queue' must be a mapping, not '64MiB'"},
    {console("queue: {max_byte: 64MiB}"),
     "5:15: unknown key 'max_byte' in 'queue' (did you mean 'max_bytes'?)"},
    {console("queue: {max_bytes: 1KiB}"),
     "5:26: 'max_bytes' is '1KiB'; the range is 64KiB .. 64GiB"},
    {console("queue: {max_bytes: 64Mib}"),
     "5:26: 'max_bytes' has the unknown unit 'Mib' in '64Mib' (did you mean 'MiB'?); units are "
     "TiB, GiB, MiB, KiB, TB, GB, MB, kB, KB, B"},
    {console("queue: {max_bytes: 064MiB}"),
     "5:26: 'max_bytes' has a leading zero in '064MiB'; write 64MiB"},
    {console("queue: {max_bytes: 99999999999GiB}"),
     "5:26: 'max_bytes' is too large: '99999999999GiB'"},
    {console("queue: {max_bytes: lots}"),
     "5:26: 'max_bytes' must be a size such as 64MiB or 10485760, not 'lots'"},
    {console("queue: {reserve: 10}"), "5:24: 'reserve' needs a percent sign: write 10%"},
    {console("queue: {reserve: 95%}"), "5:24: 'reserve' is '95%'; the range is 0 .. 90"},
    {console("queue: {reserve: half}"),
     "5:24: 'reserve' must be a percentage such as 10%, not 'half'"},
    {console("batch: {max_events: 0}"), "5:27: 'max_events' is '0'; the range is 1 .. 1000000"},
    {console("batch: {max_events: 014}"),
     "5:27: 'max_events' has a leading zero in '014'; write 14"},
    {console("batch: {max_events: 0x10}"), "5:27: 'max_events' must be a whole number, not '0x10'"},
    {console("batch: {max_events: 1.5}"), "5:27: 'max_events' must be a whole number, not '1.5'"},
    {console("batch: {max_bytes: 1GiB}"),
     "5:26: 'max_bytes' is '1GiB'; the range is 1KiB .. 256MiB"},
    {console("batch: {linger: 5}"),
     "5:23: 'linger' needs a unit: write 5ms, 5s, or another of ns, us, ms, s, m, h, d"},
    {console("batch: {linger: 5 sec}"),
     "5:23: 'linger' has the unknown unit 'sec' in '5 sec'; units are d, h, m, s, ms, us, ns"},
    {console("batch: {linger: 2m}"), "5:23: 'linger' is '2m'; the range is 0 .. 1m"},
    {console("batch: {linger: 0.5ns}"),
     "5:23: 'linger' is not a whole number of nanoseconds: '0.5ns'"},
    {console("affinity: 3"), "5:17: 'affinity' must be a list, not '3'"},
    {console("affinity: [0, 1024]"), "5:21: 'affinity' is '1024'; the range is 0 .. 1023"},
    {console("affinity: [0, one]"), "5:21: 'affinity' must be a whole number, not 'one'"},
    {console("required: maybe"), "5:17: 'required' must be true or false, not 'maybe'"},
};

const std::vector<Case> file_key_cases = {
    {file("max_bytes: -1"), "6:18: 'max_bytes' cannot be negative: '-1'"},
    {file("max_bytes: 10XB"),
     "6:18: 'max_bytes' has the unknown unit 'XB' in '10XB'; units are TiB, GiB, MiB, KiB, TB, "
     "GB, MB, kB, KB, B"},
    {file("backup_count: many"), "6:21: 'backup_count' must be a whole number, not 'many'"},
    {file("backup_count: 20000"), "6:21: 'backup_count' is '20000'; the range is 0 .. 10000"},
    {file("rotate_every: 1500ms"),
     "6:21: 'rotate_every' is not a whole number of seconds: '1500ms'"},
    {file("rotate_every: dayly"),
     "6:21: 'rotate_every' cannot be 'dayly' (did you mean 'daily'?); it is one of hourly, "
     "daily, or a duration"},
    {file("rotate_every: 60"),
     "6:21: 'rotate_every' needs a unit: write 60ms, 60s, or another of ns, us, ms, s, m, h, d"},
    {file("rotate_every: 400d"), "6:21: 'rotate_every' is '400d'; the range is 0, or 1s .. 365d"},
    {file("mode: 0888"),
     "6:13: 'mode' must be octal permission bits from 0000 to 0777, not '0888'"},
    {file("mode: 04755"),
     "6:13: 'mode' must be octal permission bits from 0000 to 0777, not '04755'"},
    {file("owner: 'a:b:c'"), "6:14: 'owner' must be user, user:group or :group, not 'a:b:c'"},
    {file("owner: 'log user'"), "6:14: 'owner' must be user, user:group or :group, not 'log user'"},
    {file("fsync_interval: 2h"), "6:23: 'fsync_interval' is '2h'; the range is 0 .. 1h"},
    {file("create_directories: 1"), "6:27: 'create_directories' must be true or false, not '1'"},
};

const std::vector<Case> logging_key_cases = {
    {logging("default_level: LOUD"),
     "3:18: 'default_level' cannot be 'LOUD'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, "
     "CRITICAL"},
    {logging("levels: INFO"), "3:11: 'levels' must be a mapping, not 'INFO'"},
    {logging("levels: {orders: LOUD}"),
     "3:20: 'orders' cannot be 'LOUD'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, "
     "CRITICAL"},
    {logging("levels: {'': INFO, root: DEBUG}"),
     "3:22: 'levels' names the root logger twice, as '' and as 'root'"},
    {logging("levels: {orders..book: INFO, .a: INFO, b.: INFO, '..': INFO}"),
     "3:12: 'levels' has the logger 'orders..book': a part between dots cannot be empty\n"
     "3:32: 'levels' has the logger '.a': a part between dots cannot be empty\n"
     "3:42: 'levels' has the logger 'b.': a part between dots cannot be empty\n"
     "3:52: 'levels' has the logger '..': a part between dots cannot be empty"},
    {logging("max_bytes: 1"), "3:14: 'max_bytes' is '1'; the range is 0, or 64KiB .. 1TiB"},
    {logging("max_event_bytes: 32MiB"),
     "3:20: 'max_event_bytes' is '32MiB'; the range is 1KiB .. 16MiB"},
    {logging("oversize: cut"), "3:13: 'oversize' cannot be 'cut'; it is one of truncate, refuse"},
};

const std::vector<Case> trigger_cases = {
    {triggers("event: a"), "3:3: 'triggers' must be a list, not a mapping"},
    {triggers("- event"), "3:5: 'triggers[0]' must be a mapping, not 'event'"},
    {triggers("- {action: x}"),
     "3:5: a trigger must have exactly one of 'event' and 'tag', not neither"},
    {triggers("- {event: a, tag: b}"),
     "3:5: a trigger must have exactly one of 'event' and 'tag', not both"},
    {triggers("- {event: ''}"), "3:13: 'event' is empty"},
    {triggers("- {event: a, details: [x]}"), "3:25: 'details' must be a mapping, not a list"},
    {triggers("- {event: a, detials: {}}"),
     "3:16: unknown key 'detials' in a trigger (did you mean 'details'?)"},
    {triggers("- {event: a, details: {destination: a}}"),
     "3:26: unknown key 'destination' in the 'details' of an event trigger (did you mean "
     "'destinations'?)"},
    {triggers("- {event: a, details: {destinations: a}}"),
     "3:40: 'destinations' must be a list, not 'a'"},
    {triggers("- {event: a, details: {destinations: [b]}}"),
     "3:41: 'destinations' names the unknown sink 'b'; the sinks are a"},
    {triggers("- {event: a, details: {level: 3}}"),
     "3:33: 'level' cannot be '3'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL"},
    {triggers("- {event: a, details: {extra: {n: 014}}}"),
     "3:37: 'n' has a leading zero in '014', which is octal to some; quote it if it is text"},
    {triggers("- {event: a, details: {extra: {n: 99999999999999999999}}}"),
     "3:37: 'n' is out of range: '99999999999999999999'; quote it if it is text"},
    {triggers("- {event: a, details: {extra: {n: 1e999}}}"),
     "3:37: 'n' is out of range: '1e999'; quote it if it is text"},
    {triggers("- {event: a, details: {extra: {n: ~}}}"), "3:34: 'n' has no value"},
    {triggers("- {event: a, details: {extra: {n: [1, [02]]}}}"),
     "3:42: 'n' has a leading zero in '02', which is octal to some; quote it if it is text"},
    {triggers("- {event: a, details: {extra: {tags: security}}}"),
     "3:40: 'tags' must be a list, not 'security'"},
    {triggers("- {event: a, details: {extra: {event: [b]}}}"),
     "3:41: 'event' must be text, not a list"},
    {triggers("- {event: a, details: {extra: {event: a}}}"),
     "3:41: triggers set each other off for ever: a -> a"},
    {triggers("- {event: x, details: {extra: {event: b}}}\n  - {event: a, details: {extra: "
              "{event: c}}}\n  - {event: b, details: {extra: {event: a}}}\n  - {event: c, "
              "details: {extra: {event: b}}}"),
     "4:41: triggers set each other off for ever: a -> c -> b -> a"},
    {triggers("- {tag: b}"),
     "3:5: missing key 'action' in a tag trigger\n3:5: missing key 'details' in a tag trigger"},
    {triggers("- {tag: b, action: route_to_sinks, details: {destination: a}}"),
     "3:22: 'action' cannot be 'route_to_sinks' (did you mean 'route_to_sink'?); it is one of "
     "route_to_sink"},
    {triggers("- {tag: b, action: route_to_sink, details: {}}"),
     "3:46: missing key 'destination' in the 'details' of a tag trigger"},
    {triggers("- {tag: b, action: route_to_sink, details: {destination: security_log}}"),
     "3:60: 'destination' names the unknown sink 'security_log'; the sinks are a"},
    {triggers("- {tag: b, action: route_to_sink, details: {destination: a, level: INFO}}"),
     "3:63: unknown key 'level' in the 'details' of a tag trigger; it belongs to a sink or the "
     "'details' of an event trigger"},
};

const std::vector<Case> environment_cases = {
    {console("level: ${NOT_SET}"),
     "5:14: environment variable 'NOT_SET' is not set; ${NOT_SET:-default} gives it a default"},
    {console("level: ${NOT SET}"),
     "5:14: 'NOT SET' is not the name of an environment variable; write $${ for a literal ${"},
    {console("level: ${NOT_SET"), "5:14: ${ has no closing }; write $${ for a literal ${"},
    {console("level: ${NOT_SET:-${LEVEL}}"),
     "5:14: the default of environment variable 'NOT_SET' cannot hold another ${"},
    {console("level: ${LOUD}"),
     "5:14: 'level' cannot be 'LOUD'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL"},
    {console("${NOT_SET}: INFO"),
     "5:7: environment variable 'NOT_SET' is not set; ${NOT_SET:-default} gives it a default"},
};

void check(const std::vector<Case>& cases) {
  for (const Case& malformed : cases) {
    EXPECT_EQ(errors_of(malformed.yaml), malformed.errors) << malformed.yaml;
  }
}

TEST(Malformed, TheStructureOfTheFile) { check(structure_cases); }
TEST(Malformed, Plugins) {
  for (const Case& each : plugins_cases) EXPECT_EQ(errors_of(good_sinks + each.yaml), each.errors);
}
TEST(Malformed, WhatYamlDoesNotAllowOrWeDoNot) { check(yaml_cases); }
TEST(Malformed, SinksAsAWhole) { check(sink_cases); }
TEST(Malformed, KeysOfEverySink) { check(sink_key_cases); }
TEST(Malformed, KeysOfFileSinks) { check(file_key_cases); }
TEST(Malformed, KeysOfLogging) { check(logging_key_cases); }
TEST(Malformed, Triggers) { check(trigger_cases); }
TEST(Malformed, EnvironmentVariables) { check(environment_cases); }

}  // namespace
}  // namespace penstock::config
