// SPDX-License-Identifier: Apache-2.0
#include "config/tree_reader.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/source.hpp"
#include "config/text_check.hpp"
#include "config/words.hpp"

namespace penstock::config {
namespace {

// The library reads a whole flow collection ahead, one token of 90 bytes for each of these
// characters; a file of nothing else would take hundreds of megabytes before the first event.
constexpr std::string_view structure_characters = "[]{},:?&*!'\"";
constexpr std::size_t structure_characters_max = 100'000;

// Stops the parser from within.
struct Refused {
  Position at;
  std::string message;
};

Position position(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

// Builds the tree from the library's events, one call for each thing it reads.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view yaml, const Environment& environment, Report& report)
      : yaml_(yaml), environment_(environment), report_(report) {}

  TreePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refused{position(mark),
                    "there is more after the end of the document; a configuration is one document"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = std::make_shared<TreeNode>();
    node->written_null = yaml_.substr(offset(mark)).starts_with("null");
    node->at = node->written_null ? position(mark) : null_position(mark);
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = std::make_shared<TreeNode>();
    node->kind = TreeNode::Kind::scalar;
    node->at = position(mark);
    node->plain = tag == "?";
    if (tag != "!" && tag != "tag:yaml.org,2002:str") check_tag(*node, tag);
    Substituted result = substitute(value, environment_, text_bytes_max);
    for (const std::string& problem : result.problems) fail(*node, problem);
    if (result.text.find('\0') != std::string::npos) fail(*node, "text cannot hold a NUL byte");
    node->text = std::move(result.text);
    node->has_secrets = result.has_secrets;
    node->has_variables = value.find("${") != std::string::npos;
    node->text_bytes = node->text.size();
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused{position(mark), "an alias cannot stand within the value it refers to"};
    }
    if (frames_.size() + found->second->depth > collections_depth_max) {
      throw too_deep(position(mark));
    }
    count(*found->second, position(mark));
    attach(found->second, position(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(TreeNode::Kind::sequence, mark, tag, anchor);
    frames_.back().block = style == YAML::EmitterStyle::Block;
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(TreeNode::Kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  // A collection that is being read.
  struct Frame {
    std::shared_ptr<TreeNode> node;
    YAML::anchor_t anchor = 0;
    bool block = false;
    // mapping: the key that waits for its value
    TreePtr key;
    Position key_at;
    std::unordered_map<std::string, int> lines;  // mapping: of the keys it has
  };

  static Refused too_deep(Position at) {
    return {at, fmt::format("values are nested more than {} levels deep", collections_depth_max)};
  }

  void fail(TreeNode& node, const std::string& problem) {
    report_.add(node.at, problem);
    node.broken = true;
  }

  void check_tag(TreeNode& node, const std::string& tag) {
    static constexpr std::array<std::string_view, 5> harmless = {
        "", "?", "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"};
    if (std::find(harmless.begin(), harmless.end(), tag) != harmless.end()) return;
    fail(node, fmt::format("the tag {} is not supported", in_quotes(tag)));
  }

  std::size_t offset(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), yaml_.size());
  }

  // A value that is not there has the mark of what follows it; its key or dash is a better place.
  Position null_position(const YAML::Mark& mark) const {
    if (frames_.empty()) return position(mark);
    const Frame& parent = frames_.back();
    if (parent.key) return parent.key_at;
    const std::string_view before = yaml_.substr(0, offset(mark));
    const std::string_view here = yaml_.substr(before.size(), 1);
    const std::size_t dash = before.rfind('-');
    const bool has_mark = here == "~" || here == "&" || here == "!";
    if (has_mark || !parent.block || dash == std::string_view::npos) return position(mark);
    const std::string_view between = yaml_.substr(dash, before.size() - dash);
    const auto lines = static_cast<int>(std::count(between.begin(), between.end(), '\n'));
    const std::size_t line_start = yaml_.rfind('\n', dash) + 1;  // npos + 1 is 0
    return {mark.line + 1 - lines, static_cast<int>(dash - line_start) + 1};
  }

  void open(TreeNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (frames_.size() >= collections_depth_max) throw too_deep(position(mark));
    Frame frame;
    frame.node = std::make_shared<TreeNode>();
    frame.node->kind = kind;
    frame.node->at = position(mark);
    frame.node->depth = 1;
    frame.anchor = anchor;
    check_tag(*frame.node, tag);
    count(*frame.node, frame.node->at);
    frames_.push_back(std::move(frame));
  }

  void close() {
    const TreePtr node = frames_.back().node;
    if (frames_.back().anchor != 0) anchors_[frames_.back().anchor] = node;
    frames_.pop_back();
    attach(node, node->at);
  }

  void add(std::shared_ptr<TreeNode> node, YAML::anchor_t anchor) {
    count(*node, node->at);
    if (anchor != 0) anchors_[anchor] = node;
    const Position at = node->at;
    attach(std::move(node), at);
  }

  // The limits hold for the document with all aliases written out.
  void count(const TreeNode& node, Position at) {
    nodes_ += node.nodes;
    text_bytes_ += node.text_bytes;
    if (nodes_ > nodes_max) {
      throw Refused{at, fmt::format("there are more than {} values, aliases counted", nodes_max)};
    }
    if (text_bytes_ > text_bytes_max) {
      throw Refused{at, "there is more than 4MiB of text, aliases and variables counted"};
    }
  }

  void attach(TreePtr node, Position at) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    TreeNode& parent = *frame.node;
    parent.nodes += node->nodes;
    parent.text_bytes += node->text_bytes;
    parent.depth = std::max(parent.depth, node->depth + 1);
    if (parent.kind == TreeNode::Kind::sequence) {
      parent.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
      frame.key_at = at;
    } else {
      const TreePtr key = std::exchange(frame.key, nullptr);
      if (key_is_good(frame, *key)) {
        parent.members.push_back({key->text, frame.key_at, std::move(node), key->has_variables});
      }
    }
  }

  bool key_is_good(Frame& frame, const TreeNode& key) {
    if (key.broken) return false;
    if (key.kind != TreeNode::Kind::scalar) {
      report_.add(frame.key_at, "a key must be text");
      return false;
    }
    if (key.has_secrets) {
      report_.add(frame.key_at, "a key cannot refer to a secret");
      return false;
    }
    if (key.plain && key.text == "<<") {
      report_.add(frame.key_at, "the merge key '<<' is not supported; write the keys out");
      return false;
    }
    const auto [first, added] = frame.lines.emplace(key.text, frame.key_at.line);
    if (added) return true;
    report_.add(frame.key_at, fmt::format("duplicate key {}; the first is in line {}",
                                          in_quotes(key.text), first->second));
    return false;
  }

  std::string_view yaml_;
  const Environment& environment_;
  Report& report_;
  TreePtr root_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, TreePtr> anchors_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
};

// The library's messages are short; these are the ones that people meet.
std::string explained(const std::string& message) {
  struct Hint {
    std::string_view message;
    std::string_view text;
  };
  static constexpr std::array<Hint, 9> hints = {{
      {"illegal map value",
       "'key: value' cannot stand here; check the indentation, and quote text that holds ': '"},
      {"end of map not found", "this does not belong to the mapping above; check the indentation"},
      {"end of sequence not found",
       "this does not belong to the list above; check the indentation"},
      {"end of map flow not found", "a mapping in { } is not closed"},
      {"end of sequence flow not found", "a list in [ ] is not closed"},
      {"illegal document indicator in scalar", "a quoted text is not closed"},
      {"illegal block entry", "a list item cannot stand here; put it into a line of its own"},
      {"unknown token", "text cannot begin with this character; quote it"},
      {"the referenced anchor is not defined", "there is no anchor of this name above"},
  }};
  for (const Hint& hint : hints) {
    if (message == hint.message) return std::string(hint.text);
  }
  return message;
}

// Whether a [ or { is open at the end of `before`: there a tab is as good as a space. Brackets in
// quotes are counted as well; this decides about the wording of a message only.
bool is_in_brackets(std::string_view before) {
  int depth = 0;
  bool comment = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const char c = before[i];
    const bool begins_word = i == 0 || before[i - 1] == ' ' || before[i - 1] == '\n';
    comment = (comment && c != '\n') || (c == '#' && begins_word);
    if (comment) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
  }
  return depth > 0;
}

// The tab that the line at `start` is indented with.
std::optional<std::size_t> find_indenting_tab(std::string_view yaml, std::size_t start) {
  const std::size_t tab = yaml.find_first_not_of(' ', start);
  if (tab == std::string_view::npos || yaml[tab] != '\t') return std::nullopt;
  if (is_in_brackets(yaml.substr(0, start))) return std::nullopt;
  return tab;
}

// The library trips over a tab, and does not say so.
void report_syntax(std::string_view yaml, const YAML::Exception& error, Report& report) {
  const std::size_t at =
      std::min(static_cast<std::size_t>(std::max(error.mark.pos, 0)), yaml.size());
  const std::size_t start = at == 0 ? 0 : yaml.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  const auto tab = error.mark.is_null() ? std::nullopt : find_indenting_tab(yaml, start);
  if (tab) {
    report.add(position_of(yaml, *tab), "a tab cannot indent in YAML; use spaces");
  } else {
    report.add(position(error.mark), explained(error.msg));
  }
}

// What would cost too much, or would confuse the library.
std::optional<Refused> find_obstacle(std::string_view yaml) {
  if (yaml.size() > source_bytes_max) {
    return Refused{{}, "is larger than 1MiB, the most that is read"};
  }
  if (const auto bad = find_bad_text(yaml)) {
    return Refused{position_of(yaml, bad->offset), fmt::format("there is {}", bad->what)};
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < yaml.size(); ++i) {
    if (structure_characters.find(yaml[i]) == std::string_view::npos) continue;
    if (++count > structure_characters_max) {
      return Refused{position_of(yaml, i),
                     fmt::format("there are more than {} of the characters {}",
                                 structure_characters_max, structure_characters)};
    }
  }
  return std::nullopt;
}

}  // namespace

TreePtr read_tree(std::string_view yaml, const Environment& environment, Report& report) {
  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);
  if (const auto obstacle = find_obstacle(yaml)) {
    report.add(obstacle->at, obstacle->message);
    return nullptr;
  }
  // With an explicit end of the document the library notices a quoted text that is not closed.
  std::string closed(yaml);
  closed += yaml.ends_with('\n') ? "...\n" : "\n...\n";
  TreeBuilder builder(closed, environment, report);
  try {
    std::istringstream stream(closed);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    report.add(refused.at, refused.message);
    return nullptr;
  } catch (const YAML::Exception& error) {
    report_syntax(closed, error, report);
    return nullptr;
  } catch (const std::exception& error) {
    report.add({}, fmt::format("cannot be read as YAML: {}", error.what()));
    return nullptr;
  }
  TreePtr root = builder.root();
  if (!root || root->kind == TreeNode::Kind::null) {
    report.add({1, 1}, "the configuration is empty");
    return nullptr;
  }
  return root;
}

}  // namespace penstock::config
