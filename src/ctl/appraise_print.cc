// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ctl/appraise.h"

namespace attestd::ctl {
namespace {

// Evidence is not trusted to be UTF-8: what is not is replaced, what is not ASCII is escaped.
std::string Dump(const base::Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/true, base::Json::error_handler_t::replace);
}

base::Json ClaimsJson(const appraisal::Appraisal& appraisal) {
  return appraisal.claims.is_null() ? base::Json::object() : appraisal.claims;
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
    text += std::string(check.passed ? "pass  " : "FAIL  ") + base::Escaped(check.name) +
            "\n        expected  " + base::Escaped(check.expected) + "\n        found     " +
            base::Escaped(check.found) + "\n";
  }
  text += "claims " + Dump(ClaimsJson(appraisal), 2) + "\n";
  return text + "verdict: " + Word(appraisal.passed()) + "\n";
}

std::string AppraisalJson(const appraisal::Appraisal& appraisal) {
  base::Json checks = base::Json::array();
  for (const appraisal::Check& check : appraisal.checks) {
    checks.push_back(CheckJson(check));
  }
  return Dump({{"verdict", Word(appraisal.passed())},
               {"checks", std::move(checks)},
               {"claims", ClaimsJson(appraisal)}},
              -1);
}

}  // namespace attestd::ctl
