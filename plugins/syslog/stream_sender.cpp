// SPDX-License-Identifier: Apache-2.0
// stream_sender.cpp: messages over connections: the sink's side of a Link.
#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "link.hpp"
#include "sender.hpp"
#include "standing_problem.hpp"

namespace penstock::syslog {
namespace {

class StreamSender final : public Sender {
 public:
  StreamSender(SenderOptions options, BatchFormatter formatter)
      : options_(std::move(options)), formatter_(std::move(formatter)) {}

  Status open(SinkContext& context) override {
    context_.emplace(context);
    link_ = std::make_unique<Link>(options_, make_tls(), *context_);
    return {};
  }
  WriteResult write(const Batch& batch) override { return link_->write(batch, formatter_); }
  void reopen() override;
  void close() override { link_.reset(); }

 private:
  std::unique_ptr<TlsContext> make_tls() const {
    const bool is_needed =
        std::any_of(options_.servers.begin(), options_.servers.end(),
                    [](const Server& server) { return server.transport == Transport::tls; });
    return is_needed ? std::make_unique<TlsContext>(options_.tls) : nullptr;
  }

  SenderOptions options_;
  BatchFormatter formatter_;
  std::optional<StandingProblem> context_{};
  std::unique_ptr<Link> link_{};
};

// With certificates that cannot be used it goes on with those that it has, and says so until there
// are others: they will expire.
void StreamSender::reopen() {
  if (link_ == nullptr) return;
  std::unique_ptr<TlsContext> tls;
  try {
    tls = make_tls();
    context_->stand({});
  } catch (const std::exception& error) {
    context_->stand(std::string("certificates not renewed: ") + error.what());
  }
  link_->reopen(std::move(tls));
}

}  // namespace

std::unique_ptr<Sender> make_stream_sender(SenderOptions options, BatchFormatter formatter) {
  return std::make_unique<StreamSender>(std::move(options), std::move(formatter));
}

}  // namespace penstock::syslog
