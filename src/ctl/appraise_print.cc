// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/appraise.h"

namespace attestd::ctl {
namespace {

// Evidence is not trusted to be UTF-8; what is not is replaced.
std::string Dump(const base::Json& value, int indent) {
  return value.dump(indent, ' ', false, base::Json::error_handler_t::replace);
}

std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

const char* Word(bool passed) { return passed ? "pass" : "fail"; }

base::Json CheckJson(const appraisal::Check& check) {
  return {{"name", check.name},
          {"result", Word(check.passed)},
          {"expected", check.expected},
          {"found", check.found}};
}

}  // namespace

std::string AppraisalText(const appraisal::Appraisal& appraisal) {
  std::string text;
  for (const appraisal::Check& check : appraisal.checks) {
    text += std::string(check.passed ? "pass  " : "FAIL  ") + Printable(check.name) +
            "\n        expected  " + Printable(check.expected) + "\n        found     " +
            Printable(check.found) + "\n";
  }
  // JSON escapes control characters itself.
  text += "claims " + Dump(appraisal.claims, 2) + "\n";
  return text + "verdict: " + Word(appraisal.passed()) + "\n";
}

std::string AppraisalJson(const appraisal::Appraisal& appraisal) {
  base::Json checks = base::Json::array();
  for (const appraisal::Check& check : appraisal.checks) {
    checks.push_back(CheckJson(check));
  }
  return Dump({{"verdict", Word(appraisal.passed())},
               {"checks", std::move(checks)},
               {"claims", appraisal.claims.is_null() ? base::Json::object() : appraisal.claims}},
              -1);
}

}  // namespace attestd::ctl
