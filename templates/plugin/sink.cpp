#include "sink.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

@class@::@class@(const penstock::plugin::Config& config)
    : path_(config.text("path")), prefix_(config.text("prefix")) {}

penstock::Status @class@::open(penstock::SinkContext&) {
  file_.reset(path_ == "-" ? ::fdopen(::dup(STDOUT_FILENO), "w") : std::fopen(path_.c_str(), "ae"));
  if (file_ != nullptr) return {};
  return penstock::Status::failure("cannot open " + path_ + ": " + std::strerror(errno));
}

penstock::WriteResult @class@::write(const penstock::Batch& batch) {
  text_.clear();
  for (const penstock::EventView& event : batch.events()) {
    text_.append(prefix_).append(penstock::level_name(event.level)).append(" ");
    text_.append(event.message).append("\n");
  }
  if (file_ != nullptr && std::fwrite(text_.data(), 1, text_.size(), file_.get()) == text_.size() &&
      std::fflush(file_.get()) == 0) {
    return penstock::WriteResult::ok();
  }
  // It is closed and opened, and gets the same batch again: an event may be there twice, but none is lost.
  return penstock::WriteResult::fatal("cannot write to " + path_ + ": " + std::strerror(errno));
}

void @class@::control(penstock::SinkControl request) {
  if (request != penstock::SinkControl::reopen || path_ == "-") return;
  file_.reset(std::fopen(path_.c_str(), "ae"));
}

void @class@::close() { file_.reset(); }
