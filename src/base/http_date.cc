// SPDX-License-Identifier: Apache-2.0
#include "base/http_date.h"

#include <absl/time/civil_time.h>

#include <array>
#include <cstddef>

namespace attestd::base {
namespace {

// '#' stands for a digit, '?' for a letter that is checked on its own.
constexpr std::string_view kShape = "???, ## ??? #### ##:##:## GMT";
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// In the order of absl::Weekday.
constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr int kFirstYear = 1970;

bool HasShape(std::string_view text) {
  if (text.size() != kShape.size()) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '#' ? !digit : kShape[i] != '?' && kShape[i] != text[i]) {
      return false;
    }
  }
  return true;
}

int Number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<absl::Time> ParseHttpDate(std::string_view text) {
  if (!HasShape(text)) {
    return std::nullopt;
  }
  int month = 1;
  for (const std::string_view name : kMonths) {
    if (name == text.substr(8, 3)) {
      break;
    }
    ++month;
  }
  const int year = Number(text.substr(12, 4));
  const int day = Number(text.substr(5, 2));
  const int hour = Number(text.substr(17, 2));
  const int minute = Number(text.substr(20, 2));
  const int second = Number(text.substr(23, 2));
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  // What had to be normalised was no date: February 30th, 24:00:00, month 13.
  if (year < kFirstYear || civil.month() != month || civil.day() != day || civil.hour() != hour ||
      civil.minute() != minute || civil.second() != second ||
      kDays[static_cast<size_t>(absl::GetWeekday(civil))] != text.substr(0, 3)) {
    return std::nullopt;
  }
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

}  // namespace attestd::base
