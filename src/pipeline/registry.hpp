// SPDX-License-Identifier: Apache-2.0
// registry.hpp: what is one per process: the pipelines that run, the loggers that were ever made,
// what each thread has attached, and what fork() does to all of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "penstock/detail/producer.hpp"

namespace penstock::pipeline {

class Core;
class Producer;

// What outlives a pipeline: what its loggers count without asking whether it is still there. Never
// freed.
struct Epitaph {
  // [S14] Counted by any thread, read by stats(). Relaxed: counts.
  std::atomic<std::int64_t> refused{0};              // calls that were not accepted
  std::atomic<std::int64_t> unknown_destination{0};  // names that no sink has, at each event
};

// A logger of one pipeline. Never freed.
struct LoggerEntry {
  detail::LoggerState state{};
  std::string name{};
  Epitaph* epitaph = nullptr;
};

LoggerEntry& entry_of(const detail::LoggerState& state) noexcept;

// Never freed, and known to the registry, so that leak checkers see it.
LoggerEntry* make_logger_entry(std::string name, Epitaph& epitaph);
Epitaph* make_epitaph();

// A number that no other pipeline of this process, or of its parents, has.
std::uint64_t next_pipeline_id() noexcept;

// Makes the pipeline known to attach_producer() and to fork(), for as long as it exists: also a
// stopped one has mutexes that a fork() may find locked.
void register_core(std::uint64_t id, const std::shared_ptr<Core>& core);
void unregister_core(std::uint64_t id) noexcept;

// The pipeline of that id; null once nobody has it any more.
std::shared_ptr<Core> find_core(std::uint64_t id);

// True in the threads of that pipeline's workers.
bool this_thread_works_for(const Core& core) noexcept;
void mark_this_thread_as_worker(const Core& core) noexcept;

// Lets the calling thread forget pipelines that have been stopped. Not from within a log call.
void forget_closed_pipelines() noexcept;

// The calling thread's producer for that pipeline; null when it takes no more events.
Producer* attach_this_thread(std::uint64_t id);

}  // namespace penstock::pipeline
