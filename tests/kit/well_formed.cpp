// SPDX-License-Identifier: Apache-2.0
#include "well_formed.hpp"

#include <cctype>
#include <regex>
#include <vector>

namespace penstock::test {
namespace {

const char* const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

bool is_text(const std::string& text) {
  static const std::regex plain("([^<>&]|&(lt|gt|amp|quot|apos|#[0-9]+);)*");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return false;
  }
  return std::regex_match(text, plain);
}

bool is_tag(const std::string& inside) {
  static const std::regex tag("/?[a-z-]+( [a-z-]+=\"[^\"<]*\")*/?");
  return std::regex_match(inside, tag) && is_text(inside);
}

std::string name_of(const std::string& inside) {
  const std::size_t begin = inside.front() == '/' ? 1 : 0;
  return inside.substr(begin, inside.find_first_of(" /", begin) - begin);
}

}  // namespace

std::string xml_problem(const std::string& xml) {
  if (!xml.starts_with(declaration)) return "it does not begin with a declaration";
  std::vector<std::string> open;
  std::size_t roots = 0;
  for (std::size_t at = std::string(declaration).size(); at < xml.size();) {
    const std::size_t begin = xml.find('<', at);
    const std::string text = xml.substr(at, begin - at);
    if (!is_text(text)) return "text: " + text;
    if (begin == std::string::npos) break;
    const std::size_t end = xml.find('>', begin);
    if (end == std::string::npos) return "a tag that does not end";
    const std::string inside = xml.substr(begin + 1, end - begin - 1);
    if (!is_tag(inside)) return "tag: " + inside;
    at = end + 1;
    if (inside.front() == '/') {
      if (open.empty() || open.back() != name_of(inside)) return "it ends nothing: " + inside;
      open.pop_back();
    } else if (inside.back() != '/') {
      if (open.empty()) ++roots;
      open.push_back(name_of(inside));
    }
  }
  if (!open.empty()) return "it is not ended: " + open.back();
  return roots == 1 ? "" : "it has not one root";
}

}  // namespace penstock::test
