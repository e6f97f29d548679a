// SPDX-License-Identifier: Apache-2.0
#include "kit/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin/json.hpp"

namespace penstock::kit {
namespace {

using plugin::Value;

constexpr std::size_t longest_reason = 2'000;

template <std::size_t N>
void put(std::array<char, N>& place, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), N - 1);
  std::memcpy(place.data(), text.data(), size);
  place[size] = '\0';
}

template <std::size_t N>
std::string_view get(const std::array<char, N>& place) noexcept {
  return {place.data(), ::strnlen(place.data(), N)};
}

std::string text_at(const Value& from, std::string_view key) {
  const Value* const found = from.find(key);
  return found == nullptr || found->text() == nullptr ? std::string() : *found->text();
}

}  // namespace

int make_report_file() {
  const int fd = ::memfd_create("penstock-kit-report", MFD_CLOEXEC);
  if (fd != -1) {
    // No effect on a descriptor that is there; the size is that of a Report's page.
    if (::ftruncate(fd, 16'384) == -1) {
      ::close(fd);
      return -1;
    }
  }
  return fd;
}

Report::Report(int fd) {
  static_assert(sizeof(Page) == 16'384);
  void* const memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error(std::string("cannot map the report: ") + std::strerror(errno));
  }
  page_ = static_cast<Page*>(memory);
}

Report::~Report() { ::munmap(page_, sizeof(Page)); }

void Report::at(std::string_view place) noexcept { put(page_->place, place); }

void Report::finish(const Verdict& verdict) {
  put(page_->verdict,
      plugin::json_text(Value::Object{{"kind", static_cast<int>(verdict.kind)},
                                      {"reason", verdict.reason.substr(0, longest_reason)},
                                      {"fix", verdict.fix.substr(0, longest_reason)},
                                      {"note", verdict.note.substr(0, longest_reason)}}));
}

std::string_view Report::place() const noexcept { return get(page_->place); }

bool Report::finished(Verdict& verdict) const {
  const Result<Value> told = plugin::parse_json(get(page_->verdict));
  if (!told) return false;
  const Value* const kind = told->find("kind");
  const auto* const number = kind == nullptr ? nullptr : std::get_if<std::int64_t>(&kind->data);
  if (number == nullptr || *number < 0 || *number > 2) return false;
  verdict.kind = static_cast<Verdict::Kind>(*number);
  verdict.reason = text_at(*told, "reason");
  verdict.fix = text_at(*told, "fix");
  verdict.note = text_at(*told, "note");
  return true;
}

}  // namespace penstock::kit
