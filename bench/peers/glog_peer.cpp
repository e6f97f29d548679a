// SPDX-License-Identifier: Apache-2.0
// glog: it has no worker; each call formats and writes to a buffered file under a lock. It has no
// logger names either, so the name is part of the message.
#if defined(PENSTOCK_BENCH_GLOG)

#include <filesystem>
#include <stdexcept>

#include <glog/logging.h>

#include "peers/peer.hpp"
#include "support/files.hpp"
#include "support/latency.hpp"

namespace penstock::bench {
namespace {

namespace fs = std::filesystem;

// glog puts time and process into the file's name, and a few lines of its own at the beginning.
std::string written_file(const std::string& path) {
  const std::string stem = fs::path(path).filename().string() + ".glog";
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path())) {
    if (entry.path().filename().string().rfind(stem, 0) == 0) return entry.path().string();
  }
  throw std::runtime_error("glog has written no file");
}

void start(const std::string& path) {
  static const bool initialized = [] {
    FLAGS_logtostderr = false;
    FLAGS_stderrthreshold = google::GLOG_FATAL;
    FLAGS_timestamp_in_logfile_name = true;
    FLAGS_log_utc_time = true;
    google::InitGoogleLogging("bench_peers");
    google::SetLogSymlink(google::GLOG_INFO, "");
    return true;
  }();
  (void)initialized;
  google::SetLogDestination(google::GLOG_INFO, (path + ".glog").c_str());
}

// What is left in `path` are the events alone.
void stop(const std::string& path) {
  google::SetLogDestination(google::GLOG_INFO, "");  // closes the file
  const std::string file = written_file(path);
  fs::rename(file, path);
  const std::string text = read_file(path);
  write_file(path, std::string_view(text).substr(text.find("\nI") + 1));
}

Stopwatch::Spent deliver(const std::string& path, std::size_t threads, std::uint64_t events) {
  start(path);
  const Stopwatch watch;
  log_from_threads(threads, events, [&](std::uint64_t k) {
    LOG(INFO) << "orders Logging iteration: " << k << ", message: " << k + 1
              << ", double: " << 1.1 * static_cast<double>(k);
  });
  google::FlushLogFiles(google::GLOG_INFO);
  const Stopwatch::Spent spent = watch.spent();
  stop(path);
  return spent;
}

class Caller final : public PeerCaller {
 public:
  explicit Caller(const std::string& path) : path_(path) { start(path); }
  ~Caller() override { stop(path_); }
  Figures measure(std::size_t bursts) override {
    return measure_bursts(bursts, [](std::uint64_t k, std::uint64_t i, double d) {
      LOG(INFO) << "orders Logging iteration: " << k << ", message: " << i << ", double: " << d;
    });
  }

 private:
  std::string path_;
};

}  // namespace

Peer glog_peer() {
  return {.name = "Glog",
          .deliver = deliver,
          .caller = [](const std::string& path) { return std::make_unique<Caller>(path); },
          .events = 500'000};
}

}  // namespace penstock::bench

#endif
