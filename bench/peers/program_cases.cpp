// SPDX-License-Identifier: Apache-2.0
// How many lines a second does `penstock run` take from a file to a JSON file? From the start of
// the process until its end; spdlog's text file figure is measured beside it.
//
// The program is the one of this build, or PENSTOCK_PROGRAM of the environment.
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "peers/peer.hpp"
#include "support/child.hpp"
#include "support/files.hpp"

namespace penstock::bench {
namespace {

constexpr std::uint64_t text_lines = 2'000'000;
constexpr std::uint64_t ndjson_lines = 1'000'000;
constexpr std::size_t text_line_bytes = 150;  // without its end

std::string program_path() {
  if (const char* const path = std::getenv("PENSTOCK_PROGRAM")) return path;
#if defined(PENSTOCK_PROGRAM)
  return PENSTOCK_PROGRAM;
#else
  return "";
#endif
}

std::string text_line(std::uint64_t k) {
  std::string line = fmt::format(
      "GET /orders/{}/items?page={} from 10.{}.{}.{} took {} us, status {}, agent", k, k % 17,
      k % 256, k / 256 % 256, k % 251, 100 + k * 7919 % 90000, k % 50 == 0 ? 404 : 200);
  constexpr std::string_view words = " Mozilla compatible, accepts text and images, keeps alive";
  while (line.size() < text_line_bytes) line += words;
  line.resize(text_line_bytes);
  return line + '\n';
}

// Message, level, and five fields.
std::string ndjson_line(std::uint64_t k) {
  return fmt::format(
      R"({{"message":"order {} filled","level":"INFO","order_id":{},"venue":"XNAS","price":{:.2f},)"
      R"("filled":{},"client":"client-{}"}})"
      "\n",
      k, 1'000'000 + k, 100 + static_cast<double>(k % 10000) / 100, k % 3 == 0, k % 1000);
}

struct Input {
  std::string name;
  std::uint64_t lines;
  std::string (*line)(std::uint64_t);
};
const Input text_input{"text", text_lines, text_line};
const Input ndjson_input{"ndjson", ndjson_lines, ndjson_line};

// Made on first use.
std::string input_path(const Input& input) {
  std::string path = scratch_path("input." + input.name);
  if (std::filesystem::exists(path)) return path;
  std::string text;
  for (std::uint64_t k = 0; k < input.lines; ++k) text += input.line(k);
  write_file(path, text);
  return path;
}

std::string configuration(const std::string& output) {
  const std::string path = scratch_path("program.yml");
  write_file(path, fmt::format(R"(logging:
  sinks:
    - name: json
      type: file
      path: {}
      format: json
      max_bytes: 0
      block_timeout: forever
      required: true
)",
                               output));
  return path;
}

// The number after "key": in a report; -1 when there is none.
long long number_after(const std::string& report, const std::string& key) {
  const std::size_t at = report.find("\"" + key + "\":");
  if (at == std::string::npos) return -1;
  return std::strtoll(report.c_str() + at + key.size() + 3, nullptr, 10);
}

void check_report(const std::string& report, std::uint64_t lines) {
  const auto expected = static_cast<long long>(lines);
  if (number_after(report, "accepted") != expected ||
      number_after(report, "delivered") != expected ||
      number_after(report, "malformed_lines") != 0 ||
      number_after(report, "conservation_error") != 0) {
    throw std::runtime_error("the report is not that of " + std::to_string(lines) +
                             " delivered lines: " + report);
  }
}

Figures measure_program(const Input& input) {
  const std::string program = program_path();
  if (program.empty()) throw std::runtime_error("there is no penstock program in this build");
  const std::string source = input_path(input);
  const std::string output = scratch_path("program.json");
  const std::string report = scratch_path("program.report");
  const std::string config = configuration(output);

  const ChildRun run = run_child(
      {program, "run", "-c", config, "--input", source, "--format", input.name, "--report", report},
      true);
  if (run.status != 0) {
    throw std::runtime_error(program + " run ended with " + std::to_string(run.status));
  }
  check_report(read_file(report), input.lines);
  check_and_remove(output, input.lines);

  const auto lines = static_cast<double>(input.lines);
  return {{"ns_per_line", run.wall_ns / lines},
          {"events_per_second", lines / run.wall_ns * 1e9},
          {"bytes_per_second", static_cast<double>(file_size(source)) / run.wall_ns * 1e9},
          {"cpu_ns_per_line", run.cpu_ns / lines}};
}

}  // namespace

void add_program_cases(Comparison& program) {
  std::string baseline;
#if defined(PENSTOCK_BENCH_SPDLOG)
  baseline = "BM_Spdlog_Deliver/program/text/threads:1";
  program.add({.name = baseline, .measure = [peer = spdlog_peer()] {
                 const std::string path = scratch_path("program.spdlog");
                 const Stopwatch::Spent spent = peer.deliver(path, 1, peer.events);
                 check_and_remove(path, peer.events);
                 const auto events = static_cast<double>(peer.events);
                 return Figures{{"ns_per_line", spent.wall_ns / events},
                                {"events_per_second", events / spent.wall_ns * 1e9},
                                {"cpu_ns_per_line", spent.cpu_ns / events}};
               }});
#endif
  for (const Input& input : {text_input, ndjson_input}) {
    program.add({.name = "BM_Program_Run/program/" + input.name,
                 .measure = [input] { return measure_program(input); },
                 .baseline = baseline,
                 .ratios = {"events_per_second"}});
  }
}

}  // namespace penstock::bench
