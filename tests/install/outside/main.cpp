// SPDX-License-Identifier: Apache-2.0
//
// main.cpp: a user's program. It makes one pipeline from options and one from a YAML file, logs
// through both, and looks at what arrived. Says "outside: ok" when all is well.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <penstock/penstock.hpp>

namespace {

constexpr int events = 1000;

bool fail(const std::string& what) {
  std::fprintf(stderr, "outside: %s\n", what.c_str());
  return false;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int count(const std::string& text, const std::string& piece) {
  int found = 0;
  for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

bool log_and_stop(penstock::Pipeline& pipeline, const std::string& path) {
  const penstock::Logger log = pipeline.logger("orders.book");
  for (int i = 0; i < events; ++i) {
    log.info("order {} filled at {}", i, 12.5, penstock::field("venue", "XETRA"));
  }
  log.debug("below the level: {}", 1);
  if (!pipeline.flush(std::chrono::seconds{10})) return fail("flush ran out of time");

  const penstock::StopReport report = pipeline.stop(std::chrono::seconds{10});
  if (!report.complete) return fail("stop ran out of time");
  if (!report.stats.all_delivered()) return fail("not everything was delivered");
  if (report.stats.conservation_error != 0) return fail("the account does not add up");

  const std::string text = contents(path);
  if (count(text, "filled at 12.5") != events) return fail(path + " lacks events");
  if (count(text, "order 999 filled") != 1) return fail(path + " lacks the last event");
  if (count(text, "below the level") != 0) return fail(path + " has an event below the level");
  return true;
}

bool from_options(const std::string& folder) {
  penstock::SinkOptions sink;
  sink.name = "by_options";
  sink.make = penstock::file_sink({.path = folder + "/options.log"});
  penstock::PipelineOptions options;
  options.sinks.push_back(std::move(sink));

  auto pipeline = penstock::Pipeline::start(std::move(options));
  if (!pipeline) return fail(penstock::to_string(pipeline.errors()));
  return log_and_stop(*pipeline, folder + "/options.log");
}

bool from_yaml(const std::string& folder) {
  std::ofstream(folder + "/penstock.yml") << "logging:\n"
                                             "  default_level: INFO\n"
                                             "  sinks:\n"
                                             "    - name: by_file\n"
                                             "      type: file\n"
                                             "      path: "
                                          << folder << "/yaml.log\n";
  auto pipeline = penstock::Pipeline::from_yaml_file(folder + "/penstock.yml");
  if (!pipeline) return fail(penstock::to_string(pipeline.errors()));
  return log_and_stop(*pipeline, folder + "/yaml.log");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  if (!from_options(argv[1]) || !from_yaml(argv[1])) return 1;
  std::puts("outside: ok");
  return 0;
}
