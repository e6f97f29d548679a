// SPDX-License-Identifier: Apache-2.0
// manifest.hpp: what a plugin says about itself: JSON in one note of its ELF file, so that it can
// be read without running the plugin, and cannot get lost or be mistaken for another file's.
//
// The note's name is "Penstock", its type 1, its description the JSON text. Unknown keys are
// ignored: they may be of a later version. All else is strict.
//
// Threads  values; the functions [any]
// Errors   refusals: `no-manifest`, `two-manifests`, `manifest-size`, `manifest-json`,
//          `manifest-key` of the stage manifest, `config-schema` of the stage schema. The reason
//          names each key that is wrong, its value, and what is expected
// Bound    manifest_bytes_max
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/elf_file.hpp"
#include "plugin/refusal.hpp"
#include "plugin/schema.hpp"
#include "plugin/value.hpp"
#include "signing/version.hpp"

namespace penstock::plugin {

inline constexpr std::size_t manifest_bytes_max = 65'536;
inline constexpr std::uint32_t manifest_note_type = 1;
// With its NUL, as it stands in the note.
inline constexpr std::string_view manifest_note_name{"Penstock", sizeof "Penstock"};

struct AbiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;           // of the headers it was built with
  std::uint32_t min_host_minor = 0;  // that the host must have; `minor` when it does not say
};

// One thing that a plugin can make, for one extension point.
struct Component {
  enum class Delivery : std::uint8_t { at_most_once, at_least_once };

  std::string point{};  // "penstock.sink/1"
  std::string name{};   // "kafka", as `type:` of a sink names it
  std::string summary{};
  std::optional<Schema> config_schema{};  // of its options; none: it says nothing about them
  Value config_schema_tree{};             // the same as it was written; null when there is none
  std::uint64_t concurrency = 1;          // threads that may be in one instance at a time
  Delivery delivery = Delivery::at_least_once;
  bool async = false;  // it may answer later
};

// What it will do, for its user to read. Enforced only in a process of its own.
struct Permissions {
  std::vector<std::string> network{};
  std::vector<std::string> files{};
  bool exec = false;
};

struct BuildInfo {
  std::string compiler{};
  std::string flags_digest{};
  std::string build_id{};
  std::string source_commit{};
};

struct Manifest {
  enum class Isolation : std::uint8_t { any, process };

  std::uint64_t schema = 1;  // of the manifest itself
  std::string id{};          // "org.example.kafka"
  std::string name{};
  signing::Version version{};
  std::string summary{};
  std::string license{};
  std::string vendor{};
  std::string homepage{};
  AbiVersion abi{};
  std::string sdk_version{};
  std::string arch{};
  std::string os{};
  std::string libc{};
  std::vector<Component> provides{};  // at least one
  std::vector<std::string> services{};
  std::vector<std::string> needed{};  // sonames besides those of the C and C++ run time
  Permissions permissions{};
  Isolation isolation = Isolation::any;
  BuildInfo build{};
};

// The JSON text of the one note. [any]
Checked<std::string> manifest_text(const ElfFile& file);

// From the text. [any]
Checked<Manifest> parse_manifest(std::string_view json);

// Both. [any]
Checked<Manifest> read_manifest(const ElfFile& file);

}  // namespace penstock::plugin
