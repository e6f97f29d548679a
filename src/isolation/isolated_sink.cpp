// SPDX-License-Identifier: Apache-2.0
#include "isolation/isolated_sink.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "penstock/plugin/abi.h"
#include "penstock/secret.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/json.hpp"
#include "plugin/words.hpp"

namespace penstock::isolation {
namespace {

using plugin::Descriptor;
using plugin::Refusal;
using plugin::Schema;
using plugin::Stage;

// Of the values at a path: keys lead into properties, brackets into items. Null: nothing is said.
const Schema* schema_at(const Schema* schema, std::string_view path) {
  while (schema != nullptr && !path.empty()) {
    if (path.front() == '.') path.remove_prefix(1);
    if (path.starts_with('[')) {
      path.remove_prefix(std::min(path.find(']'), path.size() - 1) + 1);
      schema = schema->items.get();
      continue;
    }
    // A key may have dots itself: the longest one that there is counts.
    const plugin::SchemaProperty* property = nullptr;
    std::size_t end = std::min(path.find('['), path.size());
    while (end != 0 && end != std::string_view::npos) {
      property = schema->find(path.substr(0, end));
      if (property != nullptr) break;
      end = path.rfind('.', end - 1);
    }
    if (property == nullptr) return nullptr;
    schema = &property->schema;
    path.remove_prefix(end);
  }
  return schema;
}

struct Ends {
  Descriptor here{};
  Descriptor there{};
};

std::optional<Ends> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == -1) {
    return std::nullopt;
  }
  return Ends{.here = Descriptor(ends[0]), .there = Descriptor(ends[1])};
}

// What the child has told; it may be anything.
Refusal refusal_of(const std::string& json) {
  Refusal refusal{.stage = Stage::handshake, .code = "refused", .reason = "it gave no reason"};
  const auto told = plugin::parse_json(json);
  if (!told) return refusal;
  const auto text = [&](std::string_view key, std::string& target) {
    const plugin::Value* const found = told->find(key);
    if (found != nullptr && found->text() != nullptr) target = *found->text();
  };
  text("code", refusal.code);
  text("reason", refusal.reason);
  text("fix", refusal.fix);
  for (std::string* one : {&refusal.code, &refusal.reason, &refusal.fix}) {
    *one = plugin::one_line(*one);
  }
  std::string stage;
  text("stage", stage);
  for (const Stage one : {Stage::elf, Stage::manifest, Stage::load, Stage::create}) {
    if (stage == to_string(one)) refusal.stage = one;
  }
  return refusal;
}

}  // namespace

SecretAnswer secret_at(const Schema* schema, const plugin::Value& options,
                       const std::string& path) {
  const plugin::Value* const found = plugin::find_path(options, path);
  if (found == nullptr || found->is(plugin::Value::Kind::null)) {
    return {.status = SecretStatus::absent};
  }
  const Schema* const said = schema_at(schema, path);
  if (said == nullptr || said->format != Schema::Format::secret || found->text() == nullptr) {
    return {.text = "its manifest does not say that a secret stands there"};
  }
  Result<std::string> text = Secret(*found->text()).reveal();
  if (!text) return {.text = text.errors().front().message};
  return {.status = SecretStatus::given, .text = *std::move(text)};
}

IsolatedSink::IsolatedSink(std::shared_ptr<const Isolation> isolation,
                           std::chrono::nanoseconds call_timeout)
    : isolation_(std::move(isolation)), call_timeout_(call_timeout) {
  const Status begun = begin();
  if (begun.ok()) {
    was_made_ = true;
  } else {
    refused_ = begun.errors().front().message;
  }
}

Refusal IsolatedSink::refuse(Stage stage, std::string code, std::string reason,
                             std::string fix) const {
  return {.plugin = isolation_->plugin->manifest().id,
          .file = isolation_->plugin->file(),
          .stage = stage,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Status IsolatedSink::begin() {
  link_.reset();
  may_pass_ = false;
  Result<std::unique_ptr<Link>> begun = begin_child();
  if (!begun) return begun.errors();
  link_ = *std::move(begun);
  const Result<Message> said = link_->wait_made();
  Status status;
  if (!said) {
    may_pass_ = link_->was_late();
    status = Status::failure(to_string(refuse(Stage::probe, link_->was_late() ? "timeout" : "crash",
                                              said.errors().front().message, "ask its vendor")));
  } else if (said->kind == Kind::refused) {
    Refusal refusal = refusal_of(said->text);
    refusal.plugin = isolation_->plugin->manifest().id;
    refusal.file = isolation_->plugin->file();
    status = Status::failure(to_string(refusal));
  } else {
    status = take_made(*said);
  }
  if (!status.ok()) link_.reset();
  return status;
}

Result<std::unique_ptr<Link>> IsolatedSink::begin_child() {
  const auto failed = [](const Refusal& refusal) { return Error{.message = to_string(refusal)}; };
  if (isolation_->host_program.empty()) {
    return failed(refuse(Stage::probe, "no-host-program",
                         "there is no penstock-plugin-host to run it in",
                         "install it: it is a part of Penstock"));
  }
  const plugin::Checked<int> copy = isolation_->plugin->sealed();
  if (!copy) {
    may_pass_ = plugin::may_pass(copy.refusal());
    return failed(copy.refusal());
  }
  std::optional<Ends> talk = socket_pair();
  std::optional<Ends> secrets = socket_pair();
  const auto no_child = [&](const std::string& why) {
    may_pass_ = true;
    return failed(refuse(Stage::probe, "spawn", why, "see the limits of this process"));
  };
  if (!talk || !secrets) return no_child(std::strerror(errno));
  const ChildSetup setup{.file = isolation_->plugin->file(),
                         .component = isolation_->component,
                         .sink = isolation_->sink,
                         .limits = isolation_->limits,
                         .options = isolation_->options};
  Result<Child> child =
      Child::begin(isolation_->host_program, setup,
                   {.plugin = *copy, .socket = talk->there.get(), .secrets = secrets->there.get()});
  if (!child) return no_child(child.errors().front().message);
  return std::make_unique<Link>(Link::Parts{
      .child = *std::move(child),
      .socket = std::move(talk->here),
      .secrets = std::move(secrets->here),
      .give_secret =
          [isolation = isolation_](const std::string& path) {
            const plugin::Component* const component = plugin::find_component(
                isolation->plugin->manifest(), PENSTOCK_POINT_SINK, isolation->component);
            const bool has_schema = component != nullptr && component->config_schema;
            return secret_at(has_schema ? &*component->config_schema : nullptr, isolation->options,
                             path);
          },
      .plugin = isolation_->plugin->manifest().id,
      .sink = isolation_->sink,
      .call_timeout = call_timeout_});
}

// The engine asks once what a sink needs: a later process has to be content with that.
Status IsolatedSink::take_made(const Message& made) {
  const Needs needs{.events = (made.status & PENSTOCK_NEEDS_EVENTS) != 0,
                    .encoded = (made.status & PENSTOCK_NEEDS_ENCODED) != 0,
                    .max_in_flight = static_cast<std::uint32_t>(
                        std::clamp<std::uint64_t>(made.value, 1, UINT32_MAX))};
  if (!was_made_) {
    needs_ = needs;
  } else if (needs.events != needs_.events || needs.encoded != needs_.encoded) {
    return Status::failure(to_string(refuse(
        Stage::create, "needs", "it wants to have other things than before", "ask its vendor")));
  }
  gap_ = plugin::one_line(made.text);
  if (const auto refusal = isolation_->plugin->loaded_elsewhere()) {
    return Status::failure(to_string(*refusal));
  }
  return {};
}

// After one that has ended, or a first one that could not begin for want of something.
Status IsolatedSink::begin_again() {
  if (link_ != nullptr) {
    ended_with_it_ = link_->ended_with(last_token_);
    last_death_ = link_->death();
  }
  const bool was_made = was_made_;
  Status begun = begin();
  if (!begun.ok()) {
    if (!was_made) refused_ = begun.errors().front().message;
    return begun;
  }
  was_made_ = true;
  constexpr Needs told{};  // while there was none
  if (was_made || (needs_.events == told.events && needs_.encoded == told.encoded)) return {};
  return Status::failure(to_string(refuse(Stage::open, "late", "its process has begun only now",
                                          "nothing: it is opened at the next try")));
}

Status IsolatedSink::open(SinkContext& context) {
  if (!was_made_ && !may_pass_) return Status::failure(refused_);
  const bool is_new = link_ == nullptr || !link_->death().empty();
  if (is_new) {
    Status begun = begin_again();
    if (!begun.ok()) return begun;
  }
  std::string concern = isolation_->plugin->concern();
  if (!gap_.empty()) {
    concern += fmt::format("{}plugin {}, in a process of its own: {}", concern.empty() ? "" : "; ",
                           isolation_->plugin->manifest().id, gap_);
  }
  // Also when there is none: that the process before had ended is over.
  if (is_new || !concern.empty()) context.report(concern);
  link_->attach(context, std::move(concern));
  const Result<Message> opened = link_->call(Call::open, "open", context.max_in_flight());
  if (opened) return {};
  const std::string gone = link_->death();
  if (!gone.empty()) return Status::failure(gone);
  return Status::failure(to_string(refuse(Stage::open, "open", opened.errors().front().message,
                                          "correct the options of the sink, or what it writes "
                                          "to")));
}

WriteResult IsolatedSink::write(const Batch& batch) {
  const Suspicion::Offer offer = suspicion_.next(batch.id(), batch.offset(), batch.size(),
                                                 std::exchange(ended_with_it_, false));
  if (offer.given_up) return give_up(batch);
  last_token_ = batch.token();
  return link_->write(batch, offer.events);
}

// The first event of the batch, which is the cause.
WriteResult IsolatedSink::give_up(const Batch& batch) const {
  std::string why =
      fmt::format("{}; each process that got this event alone has ended so", last_death_);
  if (batch.size() == 1) return WriteResult::reject(std::move(why));
  return WriteResult::retry(std::move(why), {}, 1, {0});
}

Status IsolatedSink::flush() {
  const Result<Message> flushed = link_->call(Call::flush, "flush");
  return flushed ? Status() : Status(flushed.errors());
}

// Whether the process is gone is for the next write() to say.
void IsolatedSink::control(SinkControl request) {
  const std::uint32_t what =
      request == SinkControl::reopen ? PENSTOCK_CONTROL_REOPEN : PENSTOCK_CONTROL_ROTATE;
  static_cast<void>(link_->call(Call::control, "control", what));
}

void IsolatedSink::close() {
  static_cast<void>(link_->call(Call::close, "close"));
  link_->forget_offers();
}

}  // namespace penstock::isolation
