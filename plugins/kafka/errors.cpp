// SPDX-License-Identifier: Apache-2.0
#include "errors.hpp"

#include <librdkafka/rdkafka.h>

namespace kafka {

Meaning meaning_of(int error, bool topic_is_known) {
  switch (static_cast<rd_kafka_resp_err_t>(error)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {Outcome::delivered};
    // The broker speaks of all that came in one request.
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return {Outcome::crowded};
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return {Outcome::refused};
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      if (!topic_is_known) return {Outcome::refused};
      return {Outcome::again, true};
    // The producer has ended, and the event with it.
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__DESTROY:
    case RD_KAFKA_RESP_ERR__RETRY:
      return {Outcome::again};
    default:
      return {Outcome::again, true};
  }
}

std::string text_of_error(int error) {
  return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
}

}  // namespace kafka
