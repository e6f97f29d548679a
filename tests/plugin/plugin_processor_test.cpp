// SPDX-License-Identifier: Apache-2.0
// A processor on the other side of the boundary: what it may change, and what its answers mean.
#include "plugin/plugin_processor.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/plugin/processor.hpp"

namespace penstock::plugin::test {
namespace {

using penstock::detail::c_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Verdict = Processor::Verdict;

// One that is written in C, so to say; what process() does is the test's.
struct Instance {
  using Function = std::function<std::uint32_t(const penstock_event& in, penstock_event& out,
                                               std::size_t event_bytes, penstock_text& error)>;

  explicit Instance(Function function) : process(std::move(function)) {
    c.instance = {sizeof c, 0, this,
                  [](void* self) { static_cast<Instance*>(self)->destroyed = true; }, nullptr};
    c.process = [](void* self, const penstock_event* in, penstock_event* out,
                   std::size_t event_bytes, penstock_text* error) {
      return static_cast<Instance*>(self)->process(*in, *out, event_bytes, *error);
    };
  }

  Function process;
  bool destroyed = false;
  penstock_processor c{};
};

// An event with a field and a tag.
class PluginProcessorTest : public ::testing::Test {
 protected:
  PluginProcessorTest() {
    event_.time_ns = 5;
    event_.level = PENSTOCK_LEVEL_INFO;
    event_.logger = c_text("log");
    event_.message = c_text("message");
    event_.fields = &field_;
    event_.field_count = 1;
    event_.tags = &tag_;
    event_.tag_count = 1;
    edit_.begin(event_);
  }

  const penstock_field field_{c_text("key"),
                              penstock::detail::c_value(penstock::Value(std::int64_t{1}))};
  const penstock_text tag_ = c_text("tag");
  penstock_event event_{};
  EventEdit edit_{};
};

TEST_F(PluginProcessorTest, MayChangeLevelMessageNameFieldsAndTagsAndNothingElse) {
  Instance instance([](const penstock_event&, penstock_event& out, std::size_t, penstock_text&) {
    static const penstock_field field{c_text("k"),
                                      penstock::detail::c_value(penstock::Value(true))};
    out.time_ns = 99;
    out.logger = c_text("forged");
    out.producer = 7;
    out.level = 77;  // there is none
    out.message = c_text("changed");
    out.name = c_text("login");
    out.fields = &field;
    out.tags = nullptr;
    out.tag_count = 0;
    return std::uint32_t{PENSTOCK_PROCESS_CHANGE};
  });
  PluginProcessor processor(instance.c, nullptr);
  EXPECT_EQ(processor.process(edit_), Verdict::keep);
  EXPECT_TRUE(edit_.changed());
  const EventView view = edit_.view();
  EXPECT_EQ(edit_.c().time_ns, 5);
  EXPECT_EQ(view.logger, "log");
  EXPECT_EQ(edit_.c().producer, 0u);
  EXPECT_EQ(view.message, "changed");
  EXPECT_EQ(view.event, "login");
  ASSERT_EQ(view.fields.size(), 1u);
  EXPECT_EQ(view.fields[0].key, "k");
  EXPECT_EQ(view.tags.size(), 0u);
}

TEST_F(PluginProcessorTest, WhatIsPutIntoAnEventThatIsKeptDoesNotCount) {
  Instance instance([](const penstock_event&, penstock_event& out, std::size_t, penstock_text&) {
    out.message = c_text("changed");
    return std::uint32_t{PENSTOCK_PROCESS_KEEP};
  });
  PluginProcessor processor(instance.c, nullptr);
  EXPECT_EQ(processor.process(edit_), Verdict::keep);
  EXPECT_FALSE(edit_.changed());
  EXPECT_EQ(edit_.view().message, "message");
}

TEST_F(PluginProcessorTest, MayDropAndFail) {
  std::uint32_t answer = PENSTOCK_PROCESS_DROP;
  Instance instance([&](const penstock_event&, penstock_event&, std::size_t, penstock_text& error) {
    error = c_text("no\nkey");
    return answer;
  });
  PluginProcessor processor(instance.c, nullptr);
  EXPECT_EQ(processor.process(edit_), Verdict::drop);
  const auto what = [&] {
    try {
      processor.process(edit_);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  answer = PENSTOCK_PROCESS_FAILED;
  EXPECT_EQ(what(), "no\\nkey");
  answer = 9;
  EXPECT_EQ(what(), "it answered 9, which there is not");
}

TEST_F(PluginProcessorTest, IsDestroyedWithItsInstance) {
  Instance instance({});
  { const PluginProcessor processor(instance.c, nullptr); }
  EXPECT_TRUE(instance.destroyed);
}

// ---- through the C++ headers of plugins

class FunctionProcessor final : public Processor {
 public:
  explicit FunctionProcessor(std::function<Verdict(EventEdit&)> function)
      : function_(std::move(function)) {}
  Verdict process(EventEdit& event) override { return function_(event); }

 private:
  std::function<Verdict(EventEdit&)> function_;
};

PluginProcessor through_headers(std::function<Verdict(EventEdit&)> function) {
  auto* const instance =
      new detail::ProcessorInstance(std::make_unique<FunctionProcessor>(std::move(function)));
  return PluginProcessor(*reinterpret_cast<penstock_processor*>(instance->c()), nullptr);
}

TEST_F(PluginProcessorTest, ACppOneSeesAndChangesTheEvent) {
  PluginProcessor processor = through_headers([](EventEdit& event) {
    EXPECT_EQ(event.view().message, "message");
    EXPECT_EQ(event.view().fields[0].key, "key");
    event.set_message("changed");
    event.set_field(0, penstock::Value(std::string_view("two")));
    event.add_tag("more");
    return Verdict::keep;
  });
  EXPECT_EQ(processor.process(edit_), Verdict::keep);
  EXPECT_EQ(edit_.view().message, "changed");
  EXPECT_EQ(edit_.view().fields[0].value.text(), "two");
  EXPECT_EQ(edit_.view().tags[1], "more");
}

TEST_F(PluginProcessorTest, ACppOneThatChangesNothingSaysSo) {
  PluginProcessor processor = through_headers([](EventEdit&) { return Verdict::keep; });
  EXPECT_EQ(processor.process(edit_), Verdict::keep);
  EXPECT_FALSE(edit_.changed());
}

TEST_F(PluginProcessorTest, WhatACppOneThrowsIsItsReason) {
  PluginProcessor processor =
      through_headers([](EventEdit&) -> Verdict { throw std::runtime_error("cannot tell"); });
  EXPECT_THROW(
      {
        try {
          processor.process(edit_);
        } catch (const std::runtime_error& error) {
          EXPECT_STREQ(error.what(), "cannot tell");
          throw;
        }
      },
      std::runtime_error);
}

// A host of a later version gives larger events; one of a plugin that knows less of them changes
// what it knows.
TEST_F(PluginProcessorTest, ACppOneWorksWithLargerEvents) {
  detail::ProcessorInstance instance(std::make_unique<FunctionProcessor>([](EventEdit& event) {
    event.set_message("changed");
    return Verdict::keep;
  }));
  auto& c = *reinterpret_cast<penstock_processor*>(instance.c());
  struct Larger {
    penstock_event event{};
    std::uint64_t added_later = 42;
  };
  Larger in;
  in.event = event_;
  Larger out = in;
  penstock_text error{};
  EXPECT_EQ(c.process(c.instance.self, &in.event, &out.event, sizeof in, &error),
            std::uint32_t{PENSTOCK_PROCESS_CHANGE});
  EXPECT_EQ(penstock::detail::text_of(out.event.message), "changed");
  EXPECT_EQ(out.added_later, 42u);
}

}  // namespace
}  // namespace penstock::plugin::test
