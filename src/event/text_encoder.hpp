// SPDX-License-Identifier: Apache-2.0
// text_encoder.hpp: lines after a pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "event/digits.hpp"
#include "event/encoder.hpp"
#include "event/message.hpp"
#include "event/pattern.hpp"
#include "event/piece.hpp"
#include "event/shared_text.hpp"
#include "event/time_text.hpp"

namespace penstock::event {

class TextEncoder final : public Encoder {
 public:
  explicit TextEncoder(std::string_view pattern);

 private:
  struct Step {
    Piece before;
    PatternName name;
  };

  void append_line(const EventParts& parts, base::Buffer& out) override;
  void find_shared_steps() noexcept;
  char* put_bounded(PatternName name, const EventParts& parts, char* to);
  char* put_other(PatternName name, const EventParts& parts, char* to, base::Buffer& out);
  void append_message(const EventParts& parts, base::Buffer& out);
  void set_thread(std::uint64_t id) noexcept;
  void append_fields(const EventParts& parts, base::Buffer& out);

  std::vector<Step> steps_{};
  // The steps whose text shared_text_ knows; null when that is not worth it.
  struct {
    const Step* begin = nullptr;
    const Step* end = nullptr;
  } shared_{};
  SharedText shared_text_{};
  PieceStore literals_{};
  std::size_t room_ = 0;  // of all literals and short values
  std::uint64_t pid_;
  std::uint64_t thread_id_ = 0;  // of the last event, and
  std::size_t thread_size_ = 0;  // its text, which many events share
  char thread_text_[integer_room] = {};
  TimeText time_{};
  MessageScratch scratch_{};
  std::vector<FieldView> fields_{};
};

}  // namespace penstock::event
