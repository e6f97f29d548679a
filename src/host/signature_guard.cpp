// SPDX-License-Identifier: Apache-2.0
#include "host/signature_guard.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "host/plugin_claim.hpp"
#include "host/plugin_signatures.hpp"
#include "signing/content_hash.hpp"
#include "signing/judgement.hpp"
#include "signing/serial_floors.hpp"
#include "signing/trust_store.hpp"

namespace penstock::host {
namespace {

using plugin::Admission;
using plugin::Checked;
using plugin::Manifest;
using plugin::Plugin;
using signing::ContentHash;
using signing::RefusalCode;

constexpr const char* by_its_pin = "none needed: it is pinned by its hash";

signing::Policy policy_of(config::SignatureRule rule) {
  switch (rule) {
    case config::SignatureRule::off:
      return signing::Policy::off;
    case config::SignatureRule::warn:
      return signing::Policy::warn;
    case config::SignatureRule::enforce:
      break;
  }
  return signing::Policy::enforce;
}

signing::Time now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

plugin::Refusal refuse(const Manifest& manifest, const std::string& file, std::string_view code,
                       std::string reason, std::string fix) {
  return {.plugin = manifest.id,
          .file = file,
          .stage = plugin::Stage::signature,
          .code = std::string(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

std::string concern_of(const plugin::Refusal& refusal) {
  return plugin::to_string(refusal) + "; it was loaded all the same, as 'signature' is 'warn'";
}

// An update replaces two files, one after the other.
bool may_be_of_another_build(const signing::Judgement& judgement) {
  const signing::Refusal* const refusal = signing::refusal_of(judgement);
  return refusal != nullptr && (refusal->code == RefusalCode::bad_signature ||
                                refusal->code == RefusalCode::comment_mismatch ||
                                refusal->code == RefusalCode::signature_missing);
}

// What keeps us from judging a plugin, and says nothing against it. The first one is told.
class Faults final {
 public:
  Faults(const Manifest& manifest, const std::string& file) : manifest_(manifest), file_(file) {}

  void add(plugin::Refusal refusal) {
    if (!first_) first_ = std::move(refusal);
  }
  void add(std::string_view code, std::string reason, std::string fix) {
    add(refuse(manifest_, file_, code, std::move(reason), std::move(fix)));
  }
  const std::optional<plugin::Refusal>& first() const noexcept { return first_; }

 private:
  const Manifest& manifest_;
  const std::string& file_;
  std::optional<plugin::Refusal> first_{};
};

class SignatureGuard final : public plugin::PluginGuard {
 public:
  explicit SignatureGuard(const config::PluginOptions& options)
      : options_(options), policy_(policy_of(options.signature)) {
    if (policy_ != signing::Policy::off) read_store();
    if (policy_ != signing::Policy::off && !options.state.empty()) open_state();
  }

  Checked<Admission> judge(const Plugin& plugin) override {
    const auto hash = signing::hash_content(plugin.file.fd());
    if (!hash) {
      return refuse(plugin.manifest, plugin.file.path(), "unreadable",
                    hash.errors().front().message, "install it again");
    }
    const auto pin = options_.pins.find(plugin.manifest.id);
    const bool is_pinned = pin != options_.pins.end();
    if (is_pinned && pin->second != "sha256:" + signing::to_hex(hash->sha256)) {
      return refuse(plugin.manifest, plugin.file.path(), "pin-mismatch",
                    fmt::format("its SHA-256 is {}, and another one is pinned",
                                signing::to_hex(hash->sha256)),
                    "install the version that 'pins' names, or correct 'pins'");
    }
    if (policy_ == signing::Policy::off) {
      return Admission{.by = is_pinned ? by_its_pin : not_looked_at};
    }
    Faults faults(plugin.manifest, plugin.file.path());
    if (!store_fault_.empty()) {
      faults.add("trust-store", store_fault_, "correct the trust store, and start again");
    }
    return unless_faulty(
        faults, is_pinned ? judge_pinned(plugin, *hash) : judge_signed(plugin, *hash, faults));
  }

  std::unique_ptr<plugin::Refusal> loaded(const Manifest& manifest, const std::string& file,
                                          const Admission& admission,
                                          std::string& concern) override {
    if (!floors_ || admission.serial == 0) return nullptr;
    const Status kept = floors_->advance(manifest.id, admission.serial);
    if (kept) return nullptr;
    auto refusal = std::make_unique<plugin::Refusal>(state_refusal(manifest, file, kept.errors()));
    if (policy_ == signing::Policy::enforce) return refusal;
    if (concern.empty()) concern = concern_of(*refusal);
    return nullptr;
  }

 private:
  void read_store() {
    const bool is_enforced = policy_ == signing::Policy::enforce;
    const bool is_named = !options_.revoked.empty();
    const auto add = [this](const signing::TrustPlaces& places) {
      const Status read = signing::load_trust_store(places, ::geteuid(), store_);
      if (!read && store_fault_.empty()) {
        store_fault_ = "the trust store cannot be used: " + read.errors().front().to_string();
      }
    };
    add({.directory = options_.trust, .may_be_absent = !is_enforced});
    add({.revoked = is_named ? options_.revoked : config::default_revoked,
         .may_be_absent = !is_named});
  }

  void open_state() {
    auto floors = signing::SerialFloors::open(options_.state, ::geteuid());
    if (floors) {
      floors_.emplace(*std::move(floors));
    } else {
      state_errors_ = floors.errors();
    }
  }

  static plugin::Refusal state_refusal(const Manifest& manifest, const std::string& file,
                                       const Errors& errors) {
    return refuse(manifest, file, "state",
                  "the serials of plugins cannot be kept: " + errors.front().to_string(),
                  "correct the directory that 'state' names, and start again");
  }

  // Without all that it takes to judge, a refusal still counts; an admission is worth nothing.
  Checked<Admission> unless_faulty(const Faults& faults, Checked<Admission> judged) const {
    if (!faults.first()) return judged;
    if (policy_ == signing::Policy::enforce) return *faults.first();
    if (judged) judged->concern = concern_of(*faults.first());
    return judged;
  }

  // The pin stands for the signature, but what is revoked is revoked.
  Checked<Admission> judge_pinned(const Plugin& plugin, const ContentHash& hash) const {
    const auto revoked = signing::find_revocation(claim_of(plugin), hash, store_.revocations());
    if (!revoked) return Admission{.by = by_its_pin};
    return refuse(plugin.manifest, plugin.file.path(), signing::word(revoked->code),
                  revoked->reason, revoked->fix);
  }

  Checked<Admission> judge_signed(const Plugin& plugin, const ContentHash& hash,
                                  Faults& faults) const {
    const std::string& file = plugin.file.path();
    const auto texts = read_signatures(file);
    if (!texts) {
      faults.add("signature-unreadable", texts.errors().front().to_string(),
                 "correct it, and start again");
    }
    const auto floor = floor_of(plugin.manifest.id);
    if (!floor) faults.add(state_refusal(plugin.manifest, file, floor.errors()));
    const signing::Claim claim = claim_of(plugin);
    const auto judge_texts = [&](const std::vector<SignatureText>& signatures) {
      signing::Evidence evidence{.claim = claim, .hash = hash};
      if (floor) evidence.serial_floor = *floor;
      std::vector<std::string> all;
      all.reserve(signatures.size());
      for (const SignatureText& each : signatures) all.push_back(each.text);
      return signing::judge_any(evidence, all, store_, now());
    };
    signing::Judgement judgement = judge_texts(texts ? *texts : std::vector<SignatureText>());
    if (texts && may_be_of_another_build(judgement)) {
      const auto again = read_signatures(file);
      if (again && *again != *texts) judgement = judge_texts(*again);
    }
    return admission_of(plugin, judgement);
  }

  Checked<Admission> admission_of(const Plugin& plugin, const signing::Judgement& judgement) const {
    if (const signing::Trust* const trust = signing::trust_of(judgement)) {
      return Admission{.by = fmt::format("key {} ({})", trust->key.text(), trust->label),
                       .serial = trust->statement.serial};
    }
    const signing::Refusal& found = *signing::refusal_of(judgement);
    if (found.code == RefusalCode::signature_missing &&
        options_.allow_unsigned.contains(plugin.manifest.id)) {
      return Admission{.by = "none needed: it may be unsigned"};
    }
    plugin::Refusal refusal = refuse(plugin.manifest, plugin.file.path(), signing::word(found.code),
                                     found.reason, found.fix);
    if (signing::keeps_out(policy_, found.code)) return refusal;
    return Admission{.by = "none that holds", .concern = concern_of(refusal)};
  }

  Result<std::uint64_t> floor_of(const std::string& id) const {
    if (options_.state.empty()) return std::uint64_t{0};
    if (!floors_) return state_errors_;
    return floors_->floor(id);
  }

  const config::PluginOptions options_;
  const signing::Policy policy_;
  signing::TrustStore store_{};
  std::string store_fault_{};  // empty: it can be used
  std::optional<signing::SerialFloors> floors_{};
  Errors state_errors_{};
};

}  // namespace

std::shared_ptr<plugin::PluginGuard> make_guard(const config::PluginOptions& options) {
  if (options.signature == config::SignatureRule::off && options.pins.empty()) return nullptr;
  return std::make_shared<SignatureGuard>(options);
}

}  // namespace penstock::host
