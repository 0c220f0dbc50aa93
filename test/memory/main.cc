// SPDX-License-Identifier: Apache-2.0
// attestd-memory-scan: which pieces of what is secret are in a process's memory, or in a file.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "test/memory/needles.h"
#include "test/memory/process_memory.h"

namespace attestd::memory_scan {
namespace {

constexpr size_t kMaxNeedles = size_t{64} << 20;
constexpr size_t kMaxPlaces = 10000;
constexpr char kUsage[] = "usage: attestd-memory-scan NEEDLES (--pid PID | --file FILE)\n";

// Counts the pieces and says where they are.
class Report {
 public:
  explicit Report(const Needles& needles) : needles_(needles) {}

  void See(const std::string& where, uint64_t address, base::ByteView bytes) {
    size_ += bytes.size();
    for (const Piece& piece : needles_.FindIn(bytes)) {
      ++pieces_;
      if (places_.size() < kMaxPlaces) {
        places_.push_back({{"needle", needles_.names()[piece.needle]},
                           {"where", where},
                           {"address", address + piece.at},
                           {"first_byte", piece.in_needle},
                           {"bytes", piece.size}});
      }
    }
  }
  base::Json ToJson() const {
    return {{"read", size_}, {"pieces", pieces_}, {"places", base::Json(places_)}};
  }

 private:
  const Needles& needles_;
  size_t size_ = 0;
  size_t pieces_ = 0;
  std::vector<base::Json> places_;
};

absl::StatusOr<base::Json> ScanProcess(const Needles& needles, pid_t pid) {
  Report report(needles);
  ASSIGN_OR_RETURN(const std::vector<ReadMapping> mappings,
                   ReadMemory(pid, [&](const Mapping& mapping, uint64_t at, base::ByteView bytes) {
                     report.See(mapping.name.empty() ? "anonymous" : mapping.name, at, bytes);
                   }));
  base::Json json = report.ToJson();
  size_t writable = 0;
  base::Json hidden = base::Json::array();
  for (const ReadMapping& read : mappings) {
    const size_t size = read.mapping.end - read.mapping.begin;
    writable += read.mapping.writable() ? read.bytes : 0;
    if (read.mapping.writable() && read.bytes < size) {
      hidden.push_back({{"name", read.mapping.name}, {"bytes", size - read.bytes}});
    }
  }
  json["writable"] = writable;
  json["hidden"] = std::move(hidden);
  return json;
}

absl::StatusOr<base::Json> ScanFile(const Needles& needles, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  base::Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    return base::MakeStatus(absl::StatusCode::kNotFound, path + " cannot be read");
  }
  Report report(needles);
  report.See(path, 0, bytes);
  return report.ToJson();
}

absl::Status Run(const std::string& needles_file, const std::string& what,
                 const std::string& which) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(needles_file, kMaxNeedles));
  ASSIGN_OR_RETURN(const Needles needles, Needles::Parse(text));
  const auto json =
      what == "--pid" ? ScanProcess(needles, std::atoi(which.c_str())) : ScanFile(needles, which);
  RETURN_IF_ERROR(json.status());
  ASSIGN_OR_RETURN(const std::string line, base::DumpJson(*json));
  static_cast<void>(std::puts(line.c_str()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace attestd::memory_scan

int main(int argc, char** argv) {
  const std::string what = argc == 4 ? argv[2] : "";
  if (what != "--pid" && what != "--file") {
    static_cast<void>(std::fputs(attestd::memory_scan::kUsage, stderr));
    return 2;
  }
  const absl::Status status = attestd::memory_scan::Run(argv[1], what, argv[3]);
  if (!status.ok()) {
    const std::string message(status.message());
    static_cast<void>(std::fprintf(stderr, "attestd-memory-scan: %s\n", message.c_str()));
    return 1;
  }
  return 0;
}
