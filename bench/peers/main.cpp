// SPDX-License-Identifier: Apache-2.0
// bench_peers: Penstock and the logging libraries that are installed, in one program and one run.
#include "peers/peer.hpp"
#include "support/comparison.hpp"

int main(int argc, char** argv) {
  using penstock::bench::Comparison;
  Comparison callers(9);
  penstock::bench::add_caller_cases(callers);
  callers.register_all();

  Comparison throughput(7);
  penstock::bench::add_throughput_cases(throughput);
  throughput.register_all();

  Comparison program(7);
  penstock::bench::add_program_cases(program);
  program.register_all();
  return penstock::bench::run_benchmarks(argc, argv);
}
