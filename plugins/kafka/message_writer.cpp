// SPDX-License-Identifier: Apache-2.0
#include "message_writer.hpp"

#include <string_view>

namespace kafka {
namespace {

// Without the end of its line.
std::string_view encoded_event(const penstock::Batch& batch, std::size_t position) {
  const std::size_t begin = position == 0 ? 0 : batch.encoded_ends()[position - 1];
  std::string_view text = batch.encoded().substr(begin, batch.encoded_ends()[position] - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

}  // namespace

MessageWriter::MessageWriter(const Settings& settings)
    : settings_(settings), values_(settings.headers.size()) {
  if (settings_.topic.is_constant()) topic_ = settings_.topic.of({});
}

bool MessageWriter::write(const penstock::Batch& batch, std::size_t position, Message& message,
                          std::string& why) {
  const penstock::EventView event = batch.events()[position];
  if (!settings_.topic.is_constant()) {
    topic_.clear();
    settings_.topic.append_to(topic_, event);
    why = flaw_of_topic(topic_);
    if (!why.empty()) return false;
  }
  key_.clear();
  if (settings_.key) settings_.key->append_to(key_, event);
  message.topic = topic_;
  message.same_topic = settings_.topic.is_constant();
  message.key = key_;
  message.payload = settings_.message_only ? event.message : encoded_event(batch, position);
  if (message.payload.empty()) message.payload = "";  // a null one would be a tombstone
  message.time_ms = event.time_ns / 1'000'000;
  message.headers.clear();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].clear();
    settings_.headers[i].second.append_to(values_[i], event);
    if (!values_[i].empty()) message.headers.emplace_back(settings_.headers[i].first, values_[i]);
  }
  return true;
}

}  // namespace kafka
