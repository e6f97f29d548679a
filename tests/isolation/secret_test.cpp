// SPDX-License-Identifier: Apache-2.0
// Which secrets a plugin in a process of its own gets: those of its configuration that its manifest
// calls secrets, by their paths.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "isolation/isolated_sink.hpp"
#include "plugin/json.hpp"
#include "plugin/schema.hpp"

namespace penstock::isolation::test {
namespace {

class SecretAt : public ::testing::Test {
 protected:
  SecretAt() { ::setenv("PENSTOCK_TEST_SECRET", "open sesame", 1); }

  SecretAnswer at(const std::string& path) const { return secret_at(&schema_, options_, path); }

 private:
  const plugin::Schema schema_ =
      *plugin::read_schema(*plugin::parse_json(R"({"type": "object", "properties": {
        "password": {"type": "string", "format": "secret"},
        "plain": {"type": "string"},
        "options": {"type": "object", "properties": {
          "sasl": {"type": "object", "properties": {"password": {"type": "string"}}},
          "sasl.password": {"type": "string", "format": "secret"}}}}})"),
                           "schema");
  const plugin::Value options_ = *plugin::parse_json(R"({
    "password": "${env:PENSTOCK_TEST_SECRET}", "plain": "${env:PENSTOCK_TEST_SECRET}",
    "options": {"sasl.password": "${env:PENSTOCK_TEST_SECRET}"}})");
};

TEST_F(SecretAt, IsFoundByItsKeyAlsoWhenThatHasDots) {
  for (const char* const path : {"password", "options.sasl.password"}) {
    const SecretAnswer answer = at(path);
    EXPECT_EQ(answer.status, SecretStatus::given) << path << ": " << answer.text;
    EXPECT_EQ(answer.text, "open sesame");
  }
}

TEST_F(SecretAt, IsNotGivenWhereTheManifestNamesNone) {
  const SecretAnswer answer = at("plain");
  EXPECT_NE(answer.status, SecretStatus::given);
  EXPECT_EQ(answer.text.find("open"), std::string::npos);
  EXPECT_EQ(at("options.sasl").status, SecretStatus::absent);
  EXPECT_EQ(at("none").status, SecretStatus::absent);
}

}  // namespace
}  // namespace penstock::isolation::test
