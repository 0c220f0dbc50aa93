// SPDX-License-Identifier: Apache-2.0
#include "test/memory/needles.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/encoding.h"

namespace attestd::memory_scan {
namespace {

constexpr size_t kBlock = sizeof(uint64_t);
constexpr unsigned kFilterBits = 24;

uint64_t BlockAt(base::ByteView bytes, size_t at) {
  uint64_t block = 0;
  std::memcpy(&block, bytes.data() + at, kBlock);
  return block;
}

// The upper bits of a product with an odd constant (2^64 over the golden ratio).
size_t FilterIndex(uint64_t block) { return (block * 0x9e3779b97f4a7c15U) >> (64 - kFilterBits); }

// The last block of a run of zeros that begins with one, which no needle has.
size_t LastOfZeros(base::ByteView bytes, size_t at) {
  while (at + 2 * kBlock <= bytes.size() && BlockAt(bytes, at + kBlock) == 0) {
    at += kBlock;
  }
  return at;
}

absl::Status BadLine(size_t number, std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "needles, line " + std::to_string(number) + ": " + std::string(what));
}

}  // namespace

Needles::Needles() : filter_((size_t{1} << kFilterBits) / 64) {}

absl::StatusOr<Needles> Needles::Parse(std::string_view text) {
  Needles needles;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t blank = line.find(' ');
    if (blank == 0 || blank == line.npos) {
      return BadLine(number, "wants a name, a blank and hex digits");
    }
    absl::StatusOr<base::Bytes> bytes = base::HexDecode(line.substr(blank + 1));
    if (!bytes.ok() || bytes->size() < kPiece) {
      return BadLine(number, "wants 16 bytes or more in hex digits");
    }
    needles.Add(std::string(line.substr(0, blank)), *std::move(bytes));
  }
  if (needles.blocks_.contains(0)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "needles: one has eight zeros in a row, which are everywhere");
  }
  return needles;
}

void Needles::Add(std::string name, base::Bytes bytes) {
  for (size_t offset = 0; offset + kBlock <= bytes.size(); offset += kBlock) {
    const uint64_t block = BlockAt(bytes, offset);
    blocks_.emplace(block, Place{.needle = needles_.size(), .offset = offset});
    filter_[FilterIndex(block) / 64] |= uint64_t{1} << (FilterIndex(block) % 64);
  }
  names_.push_back(std::move(name));
  needles_.push_back(std::move(bytes));
}

bool Needles::MayHave(uint64_t block) const {
  return ((filter_[FilterIndex(block) / 64] >> (FilterIndex(block) % 64)) & 1U) != 0;
}

Piece Needles::Extended(base::ByteView haystack, size_t at, size_t begin,
                        const Place& place) const {
  const base::Bytes& needle = needles_[place.needle];
  size_t before = 0;
  while (at - before > begin && place.offset - before > 0 &&
         haystack[at - before - 1] == needle[place.offset - before - 1]) {
    ++before;
  }
  size_t after = kBlock;
  while (at + after < haystack.size() && place.offset + after < needle.size() &&
         haystack[at + after] == needle[place.offset + after]) {
    ++after;
  }
  return {.needle = place.needle,
          .at = at - before,
          .in_needle = place.offset - before,
          .size = before + after};
}

std::vector<Piece> Needles::FindIn(base::ByteView haystack) const {
  std::vector<Piece> pieces;
  size_t begin = 0;  // behind the last piece
  for (size_t at = 0; at + kBlock <= haystack.size(); ++at) {
    const uint64_t block = BlockAt(haystack, at);
    if (block == 0) {
      at = LastOfZeros(haystack, at);
    }
    if (!MayHave(block)) {
      continue;
    }
    const auto found = blocks_.find(block);
    if (found == blocks_.end()) {
      continue;
    }
    const Piece piece = Extended(haystack, at, begin, found->second);
    if (piece.size >= kPiece) {
      pieces.push_back(piece);
      begin = piece.at + piece.size;
      at = begin - 1;
    }
  }
  return pieces;
}

}  // namespace attestd::memory_scan
