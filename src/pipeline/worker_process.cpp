// SPDX-License-Identifier: Apache-2.0
// worker_process.cpp: what the worker of a sink with `processors` does besides.
#include <chrono>
#include <exception>
#include <new>

#include <fmt/format.h>

#include "pipeline/call_watch.hpp"
#include "pipeline/core.hpp"
#include "pipeline/processors.hpp"
#include "pipeline/worker.hpp"

namespace penstock::pipeline {

// As put(), but that the event may not come so far.
void Worker::put_processed() {
  if (survives_processing()) load_.batch->add(parts_);
  clear_parts();
}

// Between two events, for how long the worker can be away from its other duties.
bool Worker::pass_is_over() const noexcept {
  return std::chrono::steady_clock::now() >= pass_end_ || abandoned();
}

bool Worker::survives_processing() {
  // How long it takes is watched as a sink's calls are, until the end of the pass.
  if (!process_watch_) process_watch_.emplace(core_.supervisor(), channel_);
  try {
    const bool kept = processors_->process(parts_);
    if (!kept) ++new_processed_out_;
    return kept;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    tell_of_failure(error.what());
  } catch (...) {
    tell_of_failure("an exception of no known type");
  }
  ++new_unprocessed_;
  return false;
}

// Whether there is memory to tell it or not, the event is counted.
void Worker::tell_of_failure(std::string_view why) noexcept {
  constexpr std::size_t longest = 1000;
  try {
    delivery_.report_processors(fmt::format("its processor '{}' failed: {}", processors_->failed(),
                                            why.substr(0, longest)));
  } catch (...) {
    // the account says it too
  }
}

}  // namespace penstock::pipeline
