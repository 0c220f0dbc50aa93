// SPDX-License-Identifier: Apache-2.0
#include "compat/kbc_params.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::compat {
namespace {

TEST_CASE("aa_kbc_params name a KBC and its url") {
  CHECK(*ParseKbcParams("cc_kbc::https://kbs.example:8080") ==
        KbcParams{.offline = false, .url = "https://kbs.example:8080"});
  CHECK(*ParseKbcParams("offline_fs_kbc::null") == KbcParams{.offline = true, .url = ""});
  CHECK(*ParseKbcParams("offline_fs_kbc::") == KbcParams{.offline = true, .url = ""});
}

TEST_CASE("aa_kbc_params that name no broker are refused") {
  const auto* text =
      GENERATE("", "cc_kbc", "cc_kbc:https://kbs.example", "cc_kbc::", "cc_kbc::https://a::b",
               "::https://kbs.example", "sample_kbc::null", "online_sev_kbc::https://kbs.example",
               "cc_kbc::https://kbs.\xe5xample", "cc_kbc::https://kbs.example\n");
  INFO(text);
  CHECK(absl::IsInvalidArgument(ParseKbcParams(text).status()));
}

TEST_CASE("A credential stays below its folder") {
  const std::string folder(kCredentialFolder);
  CHECK(CheckCredentialPath(folder + "a").ok());
  CHECK(CheckCredentialPath(folder + "kms-credential/aliyun/a.json").ok());
  const auto* path = GENERATE(
      "", "a", "/etc/shadow", "/run/confidential-containers/cdh/kbs",
      "/run/confidential-containers/cdh/kbs/", "/run/confidential-containers/cdh/kbs/../x",
      "/run/confidential-containers/cdh/kbs/a/../../x", "/run/confidential-containers/cdh/kbs/./x",
      "/run/confidential-containers/cdh/kbs/a//x", "/run/confidential-containers/cdh/kbs/a/",
      "/run/confidential-containers/cdh/kbs/..", "/run/confidential-containers/cdh/kbsx/a",
      "/run/confidential-containers/cdh/kbs/\xe5");
  INFO(path);
  CHECK_FALSE(CheckCredentialPath(path).ok());
}

TEST_CASE("cdh.kbs_resources are pairs of URI and path") {
  const auto two = ParseKbsResources(
      "kbs:///a/b/c::/run/confidential-containers/cdh/kbs/x,"
      "kbs:///a/b/d::/run/confidential-containers/cdh/kbs/y/z");
  REQUIRE(two.ok());
  REQUIRE(two->size() == 2);
  CHECK(two->at(1) ==
        Credential{.uri = "kbs:///a/b/d", .path = "/run/confidential-containers/cdh/kbs/y/z"});
  CHECK(ParseKbsResources("")->empty());
  const auto* text = GENERATE("kbs:///a/b/c", "kbs:///a/b/c::", "kbs:///a/b/c::/etc/passwd",
                              "::/run/confidential-containers/cdh/kbs/x", ",",
                              "kbs:///a/\xe5/c::/run/confidential-containers/cdh/kbs/x");
  INFO(text);
  CHECK_FALSE(ParseKbsResources(text).ok());
}

TEST_CASE("At most 64 resources come from the command line") {
  std::string text = "kbs:///a/b/c::/run/confidential-containers/cdh/kbs/x";
  for (int i = 1; i < 64; ++i) {
    text += ",kbs:///a/b/c::/run/confidential-containers/cdh/kbs/x" + std::to_string(i);
  }
  CHECK(ParseKbsResources(text)->size() == 64);
  CHECK_FALSE(
      ParseKbsResources(text + ",kbs:///a/b/c::/run/confidential-containers/cdh/kbs/z").ok());
}

TEST_CASE("The kernel's command line is searched for whole words, and the first counts") {
  const KernelCmdline found = ParseKernelCmdline(
      "quiet xagent.aa_kbc_params=no agent.aa_kbc_params agent.aa_kbc_params=cc_kbc::https://a "
      "agent.aa_kbc_params=cc_kbc::https://b\tcdh.kbs_resources=x::y agent.https_proxy=http://p\n");
  CHECK(found.aa_kbc_params == "cc_kbc::https://a");
  CHECK(found.kbs_resources == "x::y");
  CHECK(found.not_ours == std::vector<std::string>{"agent.https_proxy"});
  CHECK_FALSE(ParseKernelCmdline("  ").aa_kbc_params.has_value());
}

}  // namespace
}  // namespace attestd::compat
