// SPDX-License-Identifier: Apache-2.0
#include "pipeline/registry.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <pthread.h>

#include "penstock/logger.hpp"
#include "pipeline/core.hpp"
#include "pipeline/producer.hpp"

namespace penstock::detail {
__thread ThreadProducer thread_producers[thread_producer_slots] = {};
}

namespace penstock::pipeline {
namespace {

struct Process {
  std::mutex mutex;
  struct Running {
    std::uint64_t id;
    std::weak_ptr<Core> core;
  };
  std::vector<Running> running;                  // under mutex
  std::deque<LoggerEntry> loggers;               // under mutex to grow
  std::deque<Epitaph> epitaphs;                  // under mutex to grow
  std::vector<std::shared_ptr<Core>> inherited;  // a fork's child keeps its parent's for ever
};

// Never destroyed: loggers are used from static destructors.
Process& process() {
  static Process* const instance = new Process;
  return *instance;
}

// True between the handlers: other libraries' handlers may log, and must not wait for our lock.
__thread bool in_fork = false;

void before_fork() {
  process().mutex.lock();
  in_fork = true;
}
void after_fork_in_parent() {
  in_fork = false;
  process().mutex.unlock();
}

// Only the forking thread is left. Nothing of the parent's pipelines is locked, waited for or freed
// from here on: their mutexes may be held by threads that no longer exist.
void after_fork_in_child() {
  Process& all = process();
  for (LoggerEntry& logger : all.loggers) {
    logger.state.pipeline_id.store(detail::no_pipeline,
                                   std::memory_order_relaxed);  // [S6] one thread is left
  }
  for (auto& running : all.running) {
    if (std::shared_ptr<Core> core = running.core.lock()) {
      core->disown_in_child();
      all.inherited.push_back(std::move(core));
    }
  }
  all.running.clear();
  in_fork = false;
  all.mutex.unlock();
}

void register_fork_handlers() {
  static const int done = pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
  (void)done;
}

__thread bool exiting = false;
__thread const Core* worker_of = nullptr;

// The producers of one thread; given back when it ends.
struct ThreadState {
  struct Attached {
    std::uint64_t id;
    std::shared_ptr<Core> core;
    Producer* producer;
  };
  std::vector<Attached> attached;

  ~ThreadState() {
    exiting = true;
    for (auto& slot : detail::thread_producers) slot = {};
    for (auto& entry : attached) {
      if (!entry.core->closed()) entry.core->detach(*entry.producer);
    }
  }

  Producer* find(std::uint64_t id) const noexcept {
    for (const auto& entry : attached) {
      if (entry.id == id) return entry.producer;
    }
    return nullptr;
  }
  void forget_closed() {
    std::vector<Attached>
        closed;  // goes last: the destructor of a sink may log, and come back here
    for (std::size_t i = 0; i < attached.size();) {
      if (!attached[i].core->closed()) {
        ++i;
        continue;
      }
      auto& cached = detail::thread_producers[attached[i].id % detail::thread_producer_slots];
      if (cached.pipeline_id == attached[i].id) cached = {};
      closed.push_back(std::move(attached[i]));
      attached.erase(attached.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
};

ThreadState& this_thread() {
  static thread_local ThreadState state;
  return state;
}

// What a thread attached when its ThreadState was gone already: it logged from the destructor of
// another thread_local object. Given back by a destructor of pthreads, which come last. The main
// thread has none at exit(), and keeps it.
struct LateState {
  ThreadState state;
  static void end(void* late) { delete static_cast<LateState*>(late); }
};

// Empty when the system has no key left.
const std::optional<pthread_key_t>& late_key() {
  static const std::optional<pthread_key_t> key = [] {
    pthread_key_t made{};
    return pthread_key_create(&made, &LateState::end) == 0 ? std::optional(made) : std::nullopt;
  }();
  return key;
}

ThreadState* late_thread() {
  const std::optional<pthread_key_t>& key = late_key();
  if (!key) return nullptr;
  if (void* const late = pthread_getspecific(*key)) return &static_cast<LateState*>(late)->state;
  auto late = std::make_unique<LateState>();
  if (pthread_setspecific(*key, late.get()) != 0) return nullptr;
  return &late.release()->state;
}

}  // namespace

std::shared_ptr<Core> find_core(std::uint64_t id) {
  if (in_fork) return nullptr;
  Process& all = process();
  std::lock_guard lock(all.mutex);
  for (const auto& running : all.running) {
    if (running.id == id) return running.core.lock();
  }
  return nullptr;
}

bool this_thread_works_for(const Core& core) noexcept { return worker_of == &core; }
void mark_this_thread_as_worker(const Core& core) noexcept { worker_of = &core; }

void forget_closed_pipelines() noexcept {
  if (!exiting) this_thread().forget_closed();
}

Producer* attach_this_thread(std::uint64_t id) {
  ThreadState* const state = exiting ? late_thread() : &this_thread();
  if (state == nullptr) return nullptr;
  if (Producer* producer = state->find(id)) return producer;
  state->forget_closed();
  std::shared_ptr<Core> core = find_core(id);
  if (core == nullptr || core->closed()) return nullptr;
  state->attached.reserve(state->attached.size() + 1);
  Producer* producer = core->attach();
  state->attached.push_back({id, std::move(core), producer});
  return producer;
}

LoggerEntry& entry_of(const detail::LoggerState& state) noexcept {
  return *static_cast<LoggerEntry*>(state.names);
}

LoggerEntry* make_logger_entry(std::string name, Epitaph& epitaph) {
  Process& all = process();
  std::lock_guard lock(all.mutex);
  LoggerEntry& entry = all.loggers.emplace_back();
  entry.name = std::move(name);
  entry.epitaph = &epitaph;
  entry.state.names = &entry;
  return &entry;
}

Epitaph* make_epitaph() {
  Process& all = process();
  std::lock_guard lock(all.mutex);
  return &all.epitaphs.emplace_back();
}

std::uint64_t next_pipeline_id() noexcept {
  // [S6] relaxed: only has to be unique.
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // [S6] as above
}

void register_core(std::uint64_t id, const std::shared_ptr<Core>& core) {
  register_fork_handlers();
  late_key();  // made before any fork, as Core::start() says
  Process& all = process();
  std::lock_guard lock(all.mutex);
  all.running.push_back({id, core});
}

void unregister_core(std::uint64_t id) noexcept {
  Process& all = process();
  std::lock_guard lock(all.mutex);
  std::erase_if(all.running, [&](const auto& running) { return running.id == id; });
}

}  // namespace penstock::pipeline

namespace penstock::detail {

LoggerState& detached_logger() noexcept {
  static LoggerState& state = [&]() -> LoggerState& {
    return pipeline::make_logger_entry({}, *pipeline::make_epitaph())->state;
  }();
  return state;
}

ProducerFront* attach_producer(LoggerState& logger) noexcept {
  // [S6] relaxed: an old id is found to be closed below.
  const std::uint64_t id = logger.pipeline_id.load(std::memory_order_relaxed);
  try {
    if (id != no_pipeline) {
      if (pipeline::Producer* producer = pipeline::attach_this_thread(id)) {
        thread_producers[logger.slot] = {id, producer};
        return producer;
      }
    }
  } catch (...) {
    // no memory for a producer: counted below
  }
  // [S14] relaxed: a count.
  pipeline::entry_of(logger).epitaph->refused.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

}  // namespace penstock::detail

namespace penstock {

std::int64_t detached_calls() noexcept {
  // [S14] relaxed: a count.
  return pipeline::entry_of(detail::detached_logger())
      .epitaph->refused.load(std::memory_order_relaxed);
}

}  // namespace penstock
