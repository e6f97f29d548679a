// SPDX-License-Identifier: Apache-2.0
#include "signing/store_yaml.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "signing/lines.hpp"

namespace penstock::signing {
namespace {

// Stops the parser from within.
struct Refused {
  YAML::Mark at;
  std::string message;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{mark, "there is more after the end of the document"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(make(YamlNode::Kind::null, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark, "aliases cannot be used here; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(YamlNode::Kind::scalar, mark, tag, anchor);
    if (!is_comment(value))
      throw Refused{mark, "a text must be one line, without control characters"};
    node.text = value;
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::sequence, mark, tag, anchor));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::mapping, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode> key{};  // mapping: the one that waits for its value
    YAML::Mark at{};
  };

  YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor) {
    at_ = mark;
    if (++values_ > yaml_values_max) {
      throw Refused{mark, fmt::format("there are more than {} values", yaml_values_max)};
    }
    if (anchor != 0) throw Refused{mark, "anchors cannot be used here"};
    if (!tag.empty() && tag != "?" && tag != "!") throw Refused{mark, "tags cannot be used here"};
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void open(YamlNode node) {
    if (frames_.size() >= yaml_depth_max) {
      throw Refused{at_, fmt::format("values are nested more than {} deep", yaml_depth_max)};
    }
    frames_.push_back({.node = std::move(node), .at = at_});
  }

  void close() {
    YamlNode node = std::move(frames_.back().node);
    at_ = frames_.back().at;
    frames_.pop_back();
    put(std::move(node));
  }

  void put(YamlNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::sequence) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      if (node.kind != YamlNode::Kind::scalar) throw Refused{at_, "a key must be text"};
      if (YamlReader::find(frame.node, node.text) != nullptr) {
        throw Refused{at_, fmt::format("the key '{}' is there twice", node.text)};
      }
      frame.key = std::move(node);
    } else {
      frame.node.members.push_back({.key = std::move(frame.key->text),
                                    .line = frame.key->line,
                                    .column = frame.key->column,
                                    .value = std::move(node)});
      frame.key.reset();
    }
  }

  YamlNode root_;
  std::vector<Frame> frames_;
  YAML::Mark at_{};  // of what came last
  int documents_ = 0;
  std::size_t values_ = 0;
};

Error error_at(const std::string& file, const YAML::Mark& mark, std::string message) {
  if (mark.is_null()) return {.message = std::move(message), .file = file};
  return {.message = std::move(message),
          .file = file,
          .line = mark.line + 1,
          .column = mark.column + 1};
}

// The library takes some control characters for line breaks, and others for text.
bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

Result<YamlNode> read_yaml(std::string_view text, const std::string& file) {
  if (text.size() > yaml_bytes_max) {
    return Error{.message = fmt::format("is larger than {} bytes", yaml_bytes_max), .file = file};
  }
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return Error{.message = "holds control characters; is it a text file", .file = file};
  }
  // With an explicit end of the document the library notices a quoted text that is not closed.
  std::istringstream stream(fmt::format("{}\n...\n", text));
  TreeBuilder builder;
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return error_at(file, refused.at, refused.message);
  } catch (const YAML::Exception& error) {
    return error_at(file, error.mark, fmt::format("cannot be read as YAML: {}", error.msg));
  } catch (const std::exception& error) {
    return Error{.message = fmt::format("cannot be read as YAML: {}", error.what()), .file = file};
  }
  YamlNode root = builder.take();
  if (root.kind == YamlNode::Kind::null) root.kind = YamlNode::Kind::mapping;
  return root;
}

void YamlReader::add(const YamlNode& at, std::string message) {
  errors_.push_back(
      {.message = std::move(message), .file = file_, .line = at.line, .column = at.column});
}

bool YamlReader::is_mapping(const YamlNode& node, std::string_view name,
                            std::span<const std::string_view> keys) {
  if (node.kind != YamlNode::Kind::mapping) {
    add(node, fmt::format("{} must be a mapping with the keys {}", name, fmt::join(keys, ", ")));
    return false;
  }
  for (const YamlNode::Member& member : node.members) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    errors_.push_back({.message = fmt::format("unknown key '{}' in {}; there are {}", member.key,
                                              name, fmt::join(keys, ", ")),
                       .file = file_,
                       .line = member.line,
                       .column = member.column});
  }
  return true;
}

const YamlNode* YamlReader::find(const YamlNode& mapping, std::string_view key) {
  const auto found = std::find_if(mapping.members.begin(), mapping.members.end(),
                                  [&](const auto& member) { return member.key == key; });
  return found == mapping.members.end() ? nullptr : &found->value;
}

std::string_view YamlReader::text(const YamlNode& node, std::string_view name) {
  if (node.kind == YamlNode::Kind::scalar && !node.text.empty()) return node.text;
  add(node, fmt::format("'{}' must be text", name));
  return {};
}

void YamlReader::each(const YamlNode& mapping, std::string_view key,
                      const std::function<void(const YamlNode&)>& take) {
  const YamlNode* const list = find(mapping, key);
  if (list == nullptr) return;
  if (list->kind != YamlNode::Kind::sequence) {
    add(*list, fmt::format("'{}' must be a list", key));
    return;
  }
  for (const YamlNode& item : list->items) take(item);
}

}  // namespace penstock::signing
