// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_BROKER_H_
#define ATTESTD_TEST_DEV_KBS_BROKER_H_

#include <absl/time/time.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "test/dev_kbs/kbs_service.h"
#include "test/support/temp_dir.h"

namespace attestd::dev_kbs {

// A broker for tests: a clock that stands, a folder of resources with one in it.
struct Broker {
  // A broker of another version, or with a token key; it trusts the sample platform.
  static Broker Speaking(std::string_view version, const std::string& token_key = "") {
    return Broker(ParsePolicy("allowed_tees = [\"sample\", \"tpm\"]\n"
                              "denied_resources = [\"default/locked/secret\"]\n",
                              "policy.toml")
                      .value(),
                  *FindProtocol(version), token_key);
  }

  explicit Broker(Policy policy, const Protocol& protocol = CurrentProtocol(),
                  const std::string& token_key = "") {
    Put("default/test/secret", base::AsText(secret));
    KbsOptions options{.policy = std::move(policy),
                       .resources = folder.path(),
                       .protocol = &protocol,
                       .token_key = token_key};
    options.surroundings.now = [this] { return now; };
    options.surroundings.random = [this, real = options.surroundings.random](size_t size) {
      return size == nonce.size() ? absl::StatusOr<base::Bytes>(nonce) : real(size);
    };
    service = KbsService::Create(std::move(options)).value();
  }
  explicit Broker(std::string_view toml =
                      "allowed_tees = [\"sample\"]\n"
                      "denied_resources = [\"default/locked/secret\", "
                      "\"private/*\"]\n")
      : Broker(ParsePolicy(toml, "policy.toml").value()) {}

  void Put(const std::string& resource, std::string_view content) const {
    const std::filesystem::path path = folder.File(resource);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<long>(content.size()));
  }

  const base::Bytes secret = {'a', 0, 'b', '\n', 0xff};
  test::TempDir folder;
  absl::Time now = absl::FromUnixSeconds(1795323759);
  base::Bytes nonce;  // what the next challenges carry; random when empty
  std::unique_ptr<KbsService> service;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_BROKER_H_
