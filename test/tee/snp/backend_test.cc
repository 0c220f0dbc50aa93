// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "test/support/temp_dir.h"

namespace attestd::tee {
namespace snp {
Backend MakeBackend();
}  // namespace snp

namespace {

bool Mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("snp backend takes its settings, and says which makes no sense") {
  const Backend backend = snp::MakeBackend();
  CHECK(backend.name == "snp");
  CHECK_FALSE(backend.fake);
  CHECK(backend.validate({}).ok());
  CHECK(backend.validate({{"vmpl", int64_t{3}}, {"allow_debug", true}}).ok());
  CHECK(Mentions(std::string(backend.validate({{"vmpl", int64_t{4}}}).message()), "vmpl"));
  CHECK(Mentions(std::string(backend.validate({{"vmpl", int64_t{-1}}}).message()), "vmpl"));
  CHECK(Mentions(std::string(backend.validate({{"device", "sev"}}).message()), "device"));
  CHECK(Mentions(std::string(backend.validate({{"tsm_root", ""}}).message()), "tsm_root"));
  const auto source = backend.create({}, {});
  REQUIRE(source != nullptr);
  CHECK(source->tee() == "snp");
}

TEST_CASE("snp probe says what it saw of configfs-tsm and of the device") {
  const Backend backend = snp::MakeBackend();
  const test::TempDir folder;
  const std::string device = folder.path() + "/sev-guest";
  const Settings settings = {{"tsm_root", folder.path() + "/none"}, {"device", device}};
  const ProbeResult without = backend.probe(settings);
  CHECK_FALSE(without.present);
  CHECK(Mentions(without.seen, folder.path() + "/none"));
  CHECK(Mentions(without.seen, device + " is not there"));
  std::ofstream(device) << "";
  const ProbeResult with = backend.probe(settings);
  CHECK(with.present);
  CHECK(Mentions(with.seen, device + " is there"));
}

TEST_CASE("snp source names both devices when neither is there") {
  const test::TempDir folder;
  const auto source = snp::MakeBackend().create(
      {{"tsm_root", folder.path() + "/none"}, {"device", folder.path() + "/sev-guest"}}, {});
  const absl::Status status = source->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK(Mentions(std::string(status.message()), folder.path() + "/none"));
  CHECK(Mentions(std::string(status.message()), folder.path() + "/sev-guest"));
}

}  // namespace attestd::tee
