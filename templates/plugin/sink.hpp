// sink.hpp: appends each event to a file.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include <penstock/plugin/sink.hpp>

class @class@ final : public penstock::Sink {
 public:
  // The options have been checked against manifest.json, and its defaults are filled in. Touch nothing
  // outside yet: that is for open().
  explicit @class@(const penstock::plugin::Config& config);

  // Gets ready to write. When it fails, Penstock tries again later.
  penstock::Status open(penstock::SinkContext& context) override;
  // What it answers decides what happens to the events; "What write() answers" in the guide has all of it.
  penstock::WriteResult write(const penstock::Batch& batch) override;
  // The file may have been moved away.
  void control(penstock::SinkControl request) override;
  void close() override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string path_;
  std::string prefix_;
  std::string text_;  // of the batch; kept for its memory
  std::unique_ptr<std::FILE, Close> file_;
};
