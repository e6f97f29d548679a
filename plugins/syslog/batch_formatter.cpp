// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "sender.hpp"

namespace penstock::syslog {

void BatchFormatter::format(const Batch& batch, Encoded& out) {
  std::size_t begin = 0;
  std::size_t at = 0;
  for (const EventView& event : batch.events()) {
    if (!is_ready_) {
      formatter_.add(out, event);
      continue;
    }
    const std::size_t end = batch.encoded_ends()[at++];
    std::string_view text = batch.encoded().substr(begin, end - begin);
    if (text.ends_with('\n')) text.remove_suffix(1);
    formatter_.add(out, event, &text);
    begin = end;
  }
}

}  // namespace penstock::syslog
