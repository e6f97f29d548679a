// SPDX-License-Identifier: Apache-2.0
// redact.cpp: a processor that takes out of events what their sink shall not see: the values of
// fields with certain keys, and whatever matches a pattern, in the message, the fields, the tags
// and the event's name.
//
// Patterns are RE2's, whose time is linear in the length of the text: what an event holds may come
// from anywhere.
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include <penstock/plugin/processor.hpp>

namespace {

using penstock::Value;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
}

bool equal_but_for_case(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return letter > 0; });
}

class RedactProcessor final : public penstock::Processor {
 public:
  explicit RedactProcessor(const penstock::plugin::Config& config)
      : keys_(config.texts("fields")), replacement_(config.text("replacement")) {
    for (const std::string& pattern : config.texts("patterns")) add(pattern);
  }

  Verdict process(penstock::EventEdit& event) override {
    for (std::size_t i = 0; i < event.view().fields.size(); ++i) {
      const penstock::FieldView field = event.view().fields[i];
      if (is_secret(field.key)) {
        event.set_field(i, Value(std::string_view(replacement_)));
      } else if (redact(written(field.value))) {
        event.set_field(i, Value(std::string_view(text_)));
      }
    }
    if (patterns_.empty()) return Verdict::keep;
    if (redact(event.view().message)) event.set_message(text_);
    if (redact(event.view().event)) event.set_event(text_);
    for (std::size_t i = 0; i < event.view().tags.size(); ++i) {
      if (redact(event.view().tags[i])) event.set_tag(i, text_);
    }
    return Verdict::keep;
  }

 private:
  void add(const std::string& pattern) {
    const auto refuse = [&](const std::string& why) {
      throw std::invalid_argument("the pattern '" + pattern + "' " + why);
    };
    // It sees bytes, so that text that is no UTF-8 hides nothing.
    RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(RE2::Options::EncodingLatin1);
    patterns_.push_back(std::make_unique<RE2>(pattern, options));
    const RE2& made = *patterns_.back();
    if (!made.ok()) refuse("is none: " + made.error());
    if (RE2::PartialMatch("", made)) refuse("matches the empty text");
    const bool needs_letters =
        pattern.find("(?") != std::string::npos || pattern.find('[') != std::string::npos;
    if (!is_ascii(pattern) && needs_letters) {
      refuse(
          "has letters beyond ASCII, which are several bytes: it can have no [...] and no (?...)");
    }
  }

  bool is_secret(std::string_view key) const {
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](const std::string& secret) { return equal_but_for_case(key, secret); });
  }

  // As a reader would see it: a number can be a secret as well. Valid until the next call.
  std::string_view written(const Value& value) {
    switch (value.type()) {
      case Value::Type::text:
        return value.text();
      case Value::Type::i64:
        return digits(value.i64());
      case Value::Type::u64:
        return digits(value.u64());
      case Value::Type::f64:
        return digits(value.f64(), std::chars_format::fixed);
      default:
        return {};
    }
  }
  template <class... Number>
  std::string_view digits(Number... number) {
    const auto end = std::to_chars(std::begin(digits_), std::end(digits_), number...);
    return {digits_, static_cast<std::size_t>(end.ptr - digits_)};
  }

  // True when something was replaced; text_ is then what is left.
  bool redact(std::string_view text) {
    bool is_changed = false;
    for (const auto& pattern : patterns_) {
      const std::string_view now = is_changed ? std::string_view(text_) : text;
      std::optional<std::string> replaced = replace(*pattern, now);
      if (!replaced) continue;
      text_ = *std::move(replaced);
      is_changed = true;
    }
    return is_changed;
  }

  // Empty when nothing in it matches. Matches of nothing are passed over.
  std::optional<std::string> replace(const RE2& pattern, std::string_view text) const {
    const re2::StringPiece all(text.data(), text.size());
    std::optional<std::string> result;
    std::size_t done = 0;
    re2::StringPiece match;
    for (std::size_t from = 0; from <= text.size();) {
      if (!pattern.Match(all, from, text.size(), RE2::UNANCHORED, &match, 1)) break;
      const auto at = static_cast<std::size_t>(match.data() - text.data());
      from = match.empty() ? at + 1 : at + match.size();
      if (match.empty()) continue;
      if (!result) result.emplace();
      result->append(text, done, at - done).append(replacement_);
      done = from;
    }
    if (result) result->append(text, done);
    return result;
  }

  std::vector<std::string> keys_;
  std::string replacement_;
  std::vector<std::unique_ptr<RE2>> patterns_{};
  std::string text_{};
  char digits_[400];  // of the largest double, and its sign
};

}  // namespace

PENSTOCK_PROCESSOR_PLUGIN("redact", RedactProcessor);
