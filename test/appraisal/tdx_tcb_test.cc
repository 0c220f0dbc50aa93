// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/revocation_list.h"
#include "test/appraisal/tdx_case.h"

namespace attestd::appraisal {
namespace {

using base::Json;
using fakes::TdQuoteSpec;
using fakes::TdxSigner;
using Names = std::vector<std::string>;

std::string Zeros(size_t bytes) { return std::string(2 * bytes, '0'); }

Json Components(const std::vector<int>& svns) {
  Json array = Json::array();
  for (size_t i = 0; i < 16; ++i) {
    array.push_back({{"svn", i < svns.size() ? svns.at(i) : 0}});
  }
  return array;
}

Json Level(const std::vector<int>& sgx, int pce_svn, const std::string& status) {
  return {{"tcb",
           {{"sgxtcbcomponents", Components(sgx)},
            {"pcesvn", pce_svn},
            {"tdxtcbcomponents", Components({4, 1, 3})}}},
          {"tcbDate", "2024-03-13T00:00:00Z"},
          {"tcbStatus", status},
          {"advisoryIDs", Json::array({"INTEL-SA-0000" + std::to_string(pce_svn)})}};
}

Json IsvLevels(int current, const std::string& status) {
  return Json::array({{{"tcb", {{"isvsvn", current}}}, {"tcbDate", ""}, {"tcbStatus", status}},
                      {{"tcb", {{"isvsvn", 0}}}, {"tcbDate", ""}, {"tcbStatus", "OutOfDate"}}});
}

// TCB info and QE identity that fit the fake platform: fields as Intel's service has them.
struct Statements {
  Json tcb_info = {
      {"id", "TDX"},
      {"version", 3},
      {"issueDate", "2024-06-11T13:19:28Z"},
      {"nextUpdate", "2999-07-11T13:19:28Z"},
      {"fmspc", "50806F000000"},
      {"pceId", "0000"},
      {"tcbType", 0},
      {"tcbEvaluationDataNumber", 16},
      {"tdxModule",
       {{"mrsigner", Zeros(48)}, {"attributes", Zeros(8)}, {"attributesMask", "FFFFFFFFFFFFFFFF"}}},
      {"tdxModuleIdentities", Json::array({{{"id", "TDX_01"},
                                            {"mrsigner", Zeros(48)},
                                            {"attributes", Zeros(8)},
                                            {"attributesMask", "FFFFFFFFFFFFFFFF"},
                                            {"tcbLevels", IsvLevels(4, "UpToDate")}}})},
      {"tcbLevels", Json::array({Level({3, 3, 2, 2, 2, 1, 0, 2}, 11, "UpToDate"),
                                 Level({2, 2, 2, 2, 2, 1, 0, 2}, 5, "OutOfDate")})}};
  Json qe_identity = {
      {"id", "TD_QE"},
      {"version", 2},
      {"issueDate", "2024-06-11T13:19:28Z"},
      {"nextUpdate", "2999-07-11T13:19:28Z"},
      {"miscselect", "00000000"},
      {"miscselectMask", "FFFFFFFF"},
      {"attributes", "11000000000000000000000000000000"},
      {"attributesMask", "FBFFFFFFFFFFFFFF0000000000000000"},
      {"mrsigner", "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"},
      {"isvprodid", 2},
      {"tcbLevels", IsvLevels(4, "UpToDate")}};
};

ReferenceValues ReferenceWith(const Statements& statements) {
  ReferenceValues reference = GoodReference();
  reference.roots.push_back(Signer().tcb_signing());
  reference.collateral = {
      Signer().Collateral("tcbInfo", statements.tcb_info.dump()).value(),
      Signer().Collateral("enclaveIdentity", statements.qe_identity.dump()).value() + "\n"};
  return reference;
}

TEST_CASE("With collateral the TCB has a status and advisories") {
  const Appraisal appraisal = Judge(GoodSpec(), ReferenceWith({}));
  CHECK(appraisal.FirstFailure().empty());
  CHECK(appraisal.claims["tcb_status"] == "UpToDate");
  CHECK(appraisal.claims["advisory_ids"] == Json::array({"INTEL-SA-000011"}));
  CHECK(HasCheck(appraisal, "qe.identity"));
}

TEST_CASE("An old platform, module or quoting enclave shows as out of date and passes") {
  Statements statements;
  TdQuoteSpec spec = GoodSpec();
  SECTION("platform") { statements.tcb_info["tcbLevels"][0]["tcb"]["pcesvn"] = 12; }
  SECTION("a component") {
    statements.tcb_info["tcbLevels"][0]["tcb"]["sgxtcbcomponents"][7]["svn"] = 3;
  }
  SECTION("a TD component") {
    statements.tcb_info["tcbLevels"][0]["tcb"]["tdxtcbcomponents"][2]["svn"] = 4;
    statements.tcb_info["tcbLevels"][1]["tcb"]["tdxtcbcomponents"][2]["svn"] = 2;
  }
  SECTION("module") { spec.tee_tcb_svn[0] = 3; }
  SECTION("quoting enclave") { spec.qe_svn = 3; }
  const Appraisal appraisal = Judge(spec, ReferenceWith(statements));
  CHECK(appraisal.FirstFailure().empty());
  CHECK(appraisal.claims["tcb_status"] == "OutOfDate");
}

TEST_CASE("A level that needs configuration and an old part are both told") {
  Statements statements;
  statements.tcb_info["tcbLevels"][0]["tcbStatus"] = "ConfigurationNeeded";
  TdQuoteSpec spec = GoodSpec();
  CHECK(Judge(spec, ReferenceWith(statements)).claims["tcb_status"] == "ConfigurationNeeded");
  spec.qe_svn = 3;
  CHECK(Judge(spec, ReferenceWith(statements)).claims["tcb_status"] ==
        "OutOfDateConfigurationNeeded");
}

TEST_CASE("A module of major version 0 is judged by the platform's levels alone") {
  TdQuoteSpec spec = GoodSpec();
  spec.tee_tcb_svn = {4, 0, 3};
  Statements statements;
  CHECK(FailedNames(Judge(spec, ReferenceWith(statements))) == Names{"tcb.level"});
  for (Json& level : statements.tcb_info["tcbLevels"]) {
    level["tcb"]["tdxtcbcomponents"][1]["svn"] = 0;
  }
  CHECK(Judge(spec, ReferenceWith(statements)).claims["tcb_status"] == "UpToDate");
}

TEST_CASE("Each statement that is wrong alone fails its own check") {
  struct Row {
    Names failed;
    std::function<void(Statements&)> change;
  };
  const Row row = GENERATE(values<Row>({
      {{"tcb.dates"}, [](Statements& s) { s.tcb_info["nextUpdate"] = "2024-07-11T00:00:00Z"; }},
      {{"tcb.dates"}, [](Statements& s) { s.tcb_info["issueDate"] = "2998-07-11T00:00:00Z"; }},
      {{"tcb.fmspc"}, [](Statements& s) { s.tcb_info["fmspc"] = "90c06f000000"; }},
      {{"tcb.fmspc"}, [](Statements& s) { s.tcb_info["pceId"] = "0001"; }},
      {{"tcb.level"}, [](Statements& s) { s.tcb_info["tcbLevels"][0]["tcbStatus"] = "Revoked"; }},
      {{"tcb.level"}, [](Statements& s) { s.tcb_info["tcbLevels"] = Json::array(); }},
      {{"tcb.module"},
       [](Statements& s) { s.tcb_info["tdxModuleIdentities"][0]["id"] = "TDX_02"; }},
      {{"tcb.module"},
       [](Statements& s) { s.tcb_info["tdxModuleIdentities"][0]["mrsigner"] = "01" + Zeros(47); }},
      {{"tcb.module"},
       [](Statements& s) {
         s.tcb_info["tdxModuleIdentities"][0]["tcbLevels"][0]["tcbStatus"] = "Revoked";
       }},
      {{"qe.identity.dates"},
       [](Statements& s) { s.qe_identity["nextUpdate"] = "2024-07-11T00:00:00Z"; }},
      {{"qe.identity"}, [](Statements& s) { s.qe_identity["isvprodid"] = 1; }},
      {{"qe.identity"}, [](Statements& s) { s.qe_identity["mrsigner"] = Zeros(32); }},
      {{"qe.identity"}, [](Statements& s) { s.qe_identity["attributes"] = Zeros(16); }},
      {{"qe.identity"}, [](Statements& s) { s.qe_identity["miscselect"] = "01000000"; }},
      {{"qe.identity.level"},
       [](Statements& s) { s.qe_identity["tcbLevels"][0]["tcbStatus"] = "Revoked"; }},
      {{"tcb.info"}, [](Statements& s) { s.tcb_info["id"] = "SGX"; }},
      {{"qe.identity"}, [](Statements& s) { s.qe_identity["id"] = "QE"; }},
      {{"tcb.collateral"}, [](Statements& s) { s.tcb_info["version"] = 2; }},
      {{"tcb.collateral"}, [](Statements& s) { s.tcb_info.erase("tdxModule"); }},
      {{"tcb.collateral"},
       [](Statements& s) { s.qe_identity["tcbLevels"][0]["tcbStatus"] = "Fine"; }},
  }));
  Statements statements;
  row.change(statements);
  CHECK(FailedNames(Judge(GoodSpec(), ReferenceWith(statements))) == row.failed);
}

TEST_CASE("Statements must be signed by Intel's TCB signing key under the same root") {
  ReferenceValues reference = ReferenceWith({});
  const Names both = {"tcb.signature", "qe.identity.signature"};
  SECTION("changed after signing") {
    std::string& text = reference.collateral.front();
    text.replace(text.find("UpToDate"), 8, "UpTODate");
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"tcb.collateral"});
    text.replace(text.find("UpTODate"), 8, "UpToDate");
    text.replace(text.find("000011"), 6, "000012");
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"tcb.signature"});
  }
  SECTION("no certificate") {
    reference.roots.pop_back();
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == both);
  }
  SECTION("a certificate of another root") {
    reference.roots.back() = TdxSigner::Create()->tcb_signing();
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == both);
  }
  SECTION("another certificate of the root") {
    reference.roots.back() = Signer().intermediate();
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == both);
  }
  SECTION("half of them") {
    reference.collateral.pop_back();
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"qe.identity"});
  }
}

TEST_CASE("Revocation is judged by a current list of every issuer") {
  const base::Bytes root_list = Signer().Crl(TdxSigner::Issuer::kRoot, {}).value();
  const base::Bytes list = Signer().Crl(TdxSigner::Issuer::kIntermediate, {}).value();
  const auto revokes = [](TdxSigner::Issuer issuer, const base::Certificate& certificate) {
    return Signer().Crl(issuer, {&certificate, 1}).value();
  };
  ReferenceValues reference = ReferenceWith({});
  const Names chain = {"chain.revocation"};
  SECTION("none") {
    reference.crls = {root_list, list};
    const Appraisal appraisal = Judge(GoodSpec(), reference);
    CHECK(appraisal.FirstFailure().empty());
    CHECK(HasCheck(appraisal, "chain.revocation"));
    CHECK(HasCheck(appraisal, "tcb.signer.revocation"));
  }
  SECTION("the PCK") {
    reference.crls = {root_list, revokes(TdxSigner::Issuer::kIntermediate, Signer().pck())};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == chain);
  }
  SECTION("the intermediate") {
    reference.crls = {revokes(TdxSigner::Issuer::kRoot, Signer().intermediate()), list};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == chain);
  }
  SECTION("the TCB signing certificate") {
    reference.crls = {revokes(TdxSigner::Issuer::kRoot, Signer().tcb_signing()), list};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"tcb.signer.revocation"});
  }
  SECTION("a list is missing") {
    reference.crls = {root_list};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == chain);
  }
  SECTION("a list of another issuer of that name") {
    reference.crls = {root_list,
                      TdxSigner::Create()->Crl(TdxSigner::Issuer::kIntermediate, {}).value()};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == chain);
  }
  SECTION("a list that is no list") {
    reference.crls = {root_list, list, base::Bytes(9)};
    CHECK(FailedNames(Judge(GoodSpec(), reference)) ==
          Names{"chain.revocation", "tcb.signer.revocation"});
  }
}

TEST_CASE("A list that is no longer current does not say that nothing is revoked") {
  ReferenceValues reference = GoodReference();
  reference.crls = {Signer().Crl(TdxSigner::Issuer::kRoot, {}).value(),
                    Signer().Crl(TdxSigner::Issuer::kIntermediate, {}).value()};
  reference.at = absl::Now() + absl::Hours(24 * 40);
  CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"chain.revocation"});
}

TEST_CASE("A revocation list reads as one DER object and nothing behind it") {
  base::Bytes der = Signer().Crl(TdxSigner::Issuer::kRoot, {&Signer().pck(), 1}).value();
  const auto list = base::RevocationList::FromDer(der).value();
  CHECK(list.CheckIssuedBy(Signer().root()).ok());
  CHECK_FALSE(list.CheckIssuedBy(Signer().intermediate()).ok());
  CHECK(list.Covers(Signer().intermediate()));
  CHECK_FALSE(list.Covers(Signer().pck()));
  CHECK_FALSE(list.Revokes(Signer().pck()));  // of another issuer
  CHECK(list.Issuer().find("Fake SGX Root CA") != std::string::npos);
  der.push_back(0);
  CHECK(absl::IsInvalidArgument(base::RevocationList::FromDer(der).status()));
  der.resize(der.size() / 2);
  CHECK(absl::IsInvalidArgument(base::RevocationList::FromDer(der).status()));
}

}  // namespace
}  // namespace attestd::appraisal
