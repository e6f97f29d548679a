// SPDX-License-Identifier: Apache-2.0
// fault_cases.cpp: a system that has run out of something. The sink may fail, in words.
#include <array>
#include <string>
#include <sys/resource.h>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/process_state.hpp"
#include "kit/sink_driver.hpp"

namespace penstock::kit {
namespace {

void lower_limit(__rlimit_resource_t resource, rlim_t value) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  limit.rlim_cur = value;
  if (::setrlimit(resource, &limit) == -1) throw Skip{"the limit cannot be lowered here"};
}

// It may well fail to open; then it says why.
void use(Bench& bench, SinkDriver& sink) {
  std::string why;
  if (!sink.try_open(why)) {
    sink.destroy();
    expect(!why.empty(), "open() failed and gave no reason",
           "fill in `error`: it is what the user gets to see");
    bench.note("open() failed: " + why);
    return;
  }
  BatchMemory memory(64);
  for (int i = 0; i < 64; ++i) memory.add(std::string(200, 'x'));
  sink.write(memory);
  sink.flush();
  sink.finish();
}

void no_descriptors(Bench& bench) {
  if (is_sanitized() && bench.subject().builtin != nullptr) {
    throw Skip{"a sanitizer checks it, and opens files for that"};
  }
  SinkDriver sink(bench);
  lower_limit(RLIMIT_NOFILE, static_cast<rlim_t>(highest_descriptor()) + 1);
  use(bench, sink);
}

void no_space(Bench& bench) {
  SinkDriver sink(bench);
  lower_limit(RLIMIT_FSIZE, 0);
  use(bench, sink);
}

constexpr std::array<Case, 2> table = {{
    {"fault.descriptors", "it answers when no file or socket can be opened", Case::Of::sink, false,
     &no_descriptors},
    {"fault.space", "it answers when no file can be written", Case::Of::sink, false, &no_space},
}};

}  // namespace

std::span<const Case> fault_cases() { return table; }

}  // namespace penstock::kit
