// SPDX-License-Identifier: Apache-2.0
// text_encoder.hpp: lines after a pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "event/digits.hpp"
#include "event/encoder.hpp"
#include "event/line_start.hpp"
#include "event/message.hpp"
#include "event/pattern.hpp"
#include "event/piece.hpp"
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
  bool append_usual(const EventParts& parts, base::Buffer& out);
  void append_any(const EventParts& parts, base::Buffer& out);
  void learn(const EventParts& parts, std::string_view before_message) noexcept;
  void find_start() noexcept;
  char* put_step(const Step& step, const EventParts& parts, char* to, std::size_t room,
                 base::Buffer& out);
  char* put_value(PatternName name, const EventParts& parts, char* to, std::size_t room,
                  base::Buffer& out);
  char* put_bounded(PatternName name, const EventParts& parts, char* to) noexcept;
  void append_unbounded(PatternName name, const EventParts& parts, base::Buffer& out);
  void append_message(const EventParts& parts, base::Buffer& out);
  void set_thread(std::uint64_t id) noexcept;
  void append_fields(const EventParts& parts, base::Buffer& out);

  std::vector<Step> steps_{};
  Piece end_{};  // behind the last step
  // The first message, and the first of the steps before it whose text starts_ keeps; both are
  // behind the last step when there is no message.
  const Step* message_ = nullptr;
  const Step* start_ = nullptr;
  LineStarts starts_{};
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
