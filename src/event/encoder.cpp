// SPDX-License-Identifier: Apache-2.0
#include "event/encoder.hpp"

#include "event/json_encoder.hpp"
#include "event/logfmt_encoder.hpp"
#include "event/text_encoder.hpp"

namespace penstock::event {

std::unique_ptr<Encoder> make_encoder(const FormatOptions& options) {
  switch (options.type) {
    case FormatType::text:
      return std::make_unique<TextEncoder>(options.pattern);
    case FormatType::json:
      return std::make_unique<JsonEncoder>();
    case FormatType::logfmt:
      return std::make_unique<LogfmtEncoder>();
  }
  return std::make_unique<TextEncoder>(options.pattern);
}

}  // namespace penstock::event
