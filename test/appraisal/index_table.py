# SPDX-License-Identifier: Apache-2.0
"""The table of test/appraisal/index_test.py: entry of INDEX.md -> cases, or the reason for none."""
from index_cases import (BEFORE_VLEK_EXPIRED, CHALLENGE, OTHER_CHALLENGE, Case)

SNP = ("--tee", "snp", "--roots", "+amd")
AZ_SNP = ("--tee", "az-snp-vtpm", "--roots", "+amd")
AZ_TDX = ("--tee", "az-tdx-vtpm")
REPORT_DATA_V2 = ("982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9a"
                  "a398f647caa2338748cd0fd9f5f819ef")
CCA_CHALLENGE = ("57e979ae2618de0c1ab73144c440d741cf9236dc9d52ed190053382a4d190252"
                 "f9f0370403c35dcb155fb4362d73c66d5b0494bf939315d3dc52b8cdc8b85a96")

HWID_OF_NEGATIVE = "000102030405060708"
# Of the TDREPORT inside the HCL report: what the runtime data must hash to.
HCL_TDX_REPORT_DATA = "e8f0796193ba21d6d43d2ea4bb6e4081ce4920729b348f39099cd2f65ecb6170"


def snp(what, report, certificate, **rest):
    return Case(what, (*SNP, "--report", report, "--certs", certificate), **rest)


def both_challenges(tee, evidence, failed=()):
    return [Case("the right nonce", (*tee, "--evidence", evidence, "--report-data", CHALLENGE),
                 failed=failed, passed=("report_data",)),
            Case("another nonce", (*tee, "--evidence", evidence, "--report-data", OTHER_CHALLENGE),
                 failed=(*failed, "report_data"))]


MILAN_V2 = "snp/milan-v2-vcek"
MILAN_VLEK = "snp/milan-v3-vlek-vmpl1"
VLEK_FILES = (f"@{MILAN_VLEK}/report.bin", f"@{MILAN_VLEK}/vlek.der")

# Every check that a certificate which no one issued makes fail.
NO_CHAIN = ("chain.signatures", "chain.product", "chain.root")


def never_chains(form):
    """A certificate with a wrong signature, whose HWID is read nevertheless."""
    return [snp(f"no chain for {product}, HWID read", f"@snp/{report}/report.bin",
                f"@snp/negative/vcek-invalid-{form}.der",
                failed=(*NO_CHAIN, "report.signature", "report.tcb", "report.chip_id"),
                texts={"report.chip_id/expected": HWID_OF_NEGATIVE})
            for product, report in (("Milan", "ms-milan"), ("Genoa", "e2e"))]


SNP_TABLE = {
    f"{MILAN_V2}/report.bin": [
        snp("cryptography good, version 2 refused", f"@{MILAN_V2}/report.bin",
            f"@{MILAN_V2}/vcek.der", failed=("report.version",),
            passed=("report.signature", "report.tcb", "report.chip_id", "chain.signatures"),
            claims={"report_data": "ec6c52d7"}),
        snp("byte 42 flipped", "%milan-v2-byte-42", f"@{MILAN_V2}/vcek.der",
            failed=("report.version", "report.signature")),
        snp("byte 384 flipped", "%milan-v2-byte-384", f"@{MILAN_V2}/vcek.der",
            failed=("report.version", "report.signature", "report.tcb"))],
    f"{MILAN_V2}/vcek.der": "with its report",
    f"{MILAN_VLEK}/report.bin": [
        snp("VMPL 1 refused", *VLEK_FILES, at=BEFORE_VLEK_EXPIRED, failed=("report.vmpl",),
            passed=("report.signature", "report.tcb", "chain.signatures", "chain.dates")),
        snp("VLEK expired 2025-12-10", *VLEK_FILES, failed=("report.vmpl", "chain.dates"))],
    f"{MILAN_VLEK}/vlek.der": "with its report",
    "snp/negative/vcek-invalid-legacy.der": never_chains("legacy"),
    "snp/negative/vcek-invalid-new.der": never_chains("new"),
    "snp/roots/milan_ask_ark_asvk.pem": "trusted in the cases of Milan's reports",
    "snp/roots/genoa_ask_ark_asvk.pem": "trusted in the cases of snp/e2e",
    "snp/roots/turin_ask_ark_asvk.pem": "no report of Turin among the vectors; loaded beside them",
    "snp/e2e/evidence.json": [
        Case("good end to end", (*SNP, "--evidence", "@snp/e2e/evidence.json"),
             passed=("report.signature", "chain.root", "report.vmpl"),
             claims={"report_data": "7e7320889600", "measurement": "6a6519d7"}),
        Case("no chain without roots",
             ("--tee", "snp", "--evidence", "@snp/e2e/evidence.json"),
             failed=NO_CHAIN)],
    "snp/e2e/report.bin": [
        snp("same verdict", "@snp/e2e/report.bin", "@snp/e2e/vcek.der",
            passed=("report.signature",), claims={"measurement": "6a6519d7"})],
    "snp/e2e/vcek.der": "with its report",
    "snp/ms-milan/report.bin": [
        snp("good", "@snp/ms-milan/report.bin", "@snp/ms-milan/vcek.pem",
            passed=("report.signature", "chain.signatures", "report.tcb", "report.chip_id"),
            claims={"init_data": "4f4448c6", "report_data": "00000000"})],
    "snp/ms-milan/vcek.pem": "with its report",
}

AZURE_TABLE = {
    "az-snp-vtpm/evidence-v0.json": [
        *both_challenges(AZ_SNP, "@az-snp-vtpm/evidence-v0.json"),
        Case("PCR 0", (*AZ_SNP, "--evidence", "@az-snp-vtpm/evidence-v0.json"),
             claims={"tpm/pcr00": "e15c4479"})],
    "az-snp-vtpm/evidence-v1.json": both_challenges(AZ_SNP, "@az-snp-vtpm/evidence-v1.json"),
    "az-snp-vtpm/evidence-v2.json": [
        Case("good", (*AZ_SNP, "--evidence", "@az-snp-vtpm/evidence-v2.json", "--report-data",
                      REPORT_DATA_V2),
             passed=("report_data", "user_data"), claims={"tpm/pcr00": "84275b2f"}),
        Case("another nonce", (*AZ_SNP, "--evidence", "@az-snp-vtpm/evidence-v2.json",
                               "--report-data", CHALLENGE), failed=("report_data", "user_data"))],
    "az-snp-vtpm/hcl-report.bin": [
        *both_challenges(AZ_SNP, "%snp-parts", failed=("report.version",)),
        Case("TCB changed", (*AZ_SNP, "--evidence", "%snp-hcl-0x1a6"),
             failed=("report.version", "report.signature", "report.tcb")),
        Case("runtime data changed", (*AZ_SNP, "--evidence", "%snp-hcl-0x6e0"),
             failed=("report.version", "runtime_data"), passed=("report.signature",)),
        Case("no HCLAkPub", (*AZ_SNP, "--evidence", "%snp-hcl-0x540"),
             failed=("report.version", "runtime_data", "runtime_data.format", "ak.size",
                     "tpm_quote.signature"))],
    "az-snp-vtpm/vcek.pem": "with az-snp-vtpm/hcl-report.bin",
    "az-snp-vtpm/quote.bin": "with az-snp-vtpm/hcl-report.bin",
    "az-snp-vtpm/tpm-quote-v1.json": both_challenges(AZ_SNP, "%snp-quote-v1",
                                                     failed=("report.version",)),
    "az-snp-vtpm/tpm-quote.msg": [
        Case("9 PCRs only", (*AZ_SNP, "--evidence", "%snp-orphan", "--report-data", CHALLENGE),
             failed=("report.version", "tpm_quote.signature", "pcr.selection", "pcr.digest"),
             passed=("tpm_quote.format", "report_data"),
             texts={"pcr.selection/found": "bank 11 bitmap ff4000"})],
    "az-snp-vtpm/tpm-quote.sig": "with az-snp-vtpm/tpm-quote.msg",
    "az-common/hcl-report-snp-2048.bin": [
        Case("runtime data bound", (*AZ_SNP, "--evidence", "%snp-2048"), passed=("runtime_data",),
             failed=("report.version", "report.signature", "report.chip_id",
                     "tpm_quote.signature"))],
    "az-common/hcl-report-tdx.bin": [
        Case("read, and not the report of another TD", (*AZ_TDX, "--evidence", "%tdx-other-hcl"),
             passed=("hcl_report.format", "hcl_report.kind", "runtime_data.format"),
             failed=("runtime_data", "tpm_quote.signature"),
             texts={"runtime_data/expected": HCL_TDX_REPORT_DATA})],
    "az-common/quote.bin": [
        Case("verifies with akpub.pem", ("--tee", "tpm", "--roots", "+azure-ak", "--evidence",
                                         "%plain-tpm"),
             passed=("ak.trusted", "quote.signature", "pcr.digest"),
             claims={"report_data": CHALLENGE})],
    "az-common/akpub.pem": "with az-common/quote.bin",
    "az-common/var-data.bin": "no evidence by itself: test/tee/azure_vtpm reads it",
    "az-common/certs.pem": "with az-common/hcl-report-snp-2048.bin",
    "az-tdx-vtpm/evidence-v1.json": both_challenges(AZ_TDX, "@az-tdx-vtpm/evidence-v1.json"),
    "az-tdx-vtpm/hcl-report.bin": both_challenges(AZ_TDX, "%tdx-parts"),
    "az-tdx-vtpm/quote.bin": "with az-tdx-vtpm/hcl-report.bin",
}


def tdx(what, quote, *more, **rest):
    return Case(what, ("--tee", "tdx", "--quote", quote, *more), **rest)


def replay(log, rtmr0, rtmr1, rtmr2):
    return [tdx("replays to the known registers, which are not this quote's",
                "@tdx/tdx_quote_5.dat", "--event-log", f"@eventlog/{log}",
                passed=("quote.signature", "event_log.format"),
                failed=("event_log.rtmr0", "event_log.rtmr1", "event_log.rtmr2"),
                texts={"event_log.rtmr0/expected": rtmr0, "event_log.rtmr1/expected": rtmr1,
                       "event_log.rtmr2/expected": rtmr2})]


INTEL_AND_ARM_TABLE = {
    "tdx/tdx_quote_4_debug.dat": [
        tdx("debug refused", "@tdx/tdx_quote_4_debug.dat", failed=("quote.debug",),
            passed=("quote.signature", "qe.signature", "chain.root", "chain.signatures"),
            claims={"fmspc": "50806f000000"}),
        tdx("debug allowed", "@tdx/tdx_quote_4_debug.dat", "--allow-debug")],
    "tdx/tdx_quote_5.dat": [tdx("good", "@tdx/tdx_quote_5.dat", claims={"fmspc": "90c06f000000"})],
    "tdx/spr_e4_prod_quote.dat": [tdx("good, bytes behind it", "@tdx/spr_e4_prod_quote.dat")],
    "tdx/tdreport.dat": [tdx("no TD quote at all", "@tdx/tdreport.dat", unusable=True)],
    "tdx/intel_sgx_root.pem": [
        tdx("trusted beside the built-in key", "@tdx/tdx_quote_5.dat", "--roots", "+intel",
            passed=("chain.root",))],
    "eventlog/CCEL_data_ovmf": replay("CCEL_data_ovmf", "8566f998", "775b9f6b", "94eaf7a7"),
    "eventlog/CCEL_data_grub": replay("CCEL_data_grub", "cec0a104", "6c289e0c", "08919d01"),
    "eventlog/CCEL_data_ovmf_out.json": "golden parse: test/eventlog",
    "eventlog/CCEL_data_grub_out.json": "golden parse: test/eventlog",
    "sgx/occlum_quote.dat": [
        Case("good, but an enclave in debug",
             ("--tee", "sgx", "--quote", "@sgx/occlum_quote.dat", "--report-data", b"test".hex()),
             failed=("quote.debug",),
             passed=("quote.signature", "qe.signature", "chain.signatures", "chain.root",
                     "report_data")),
        Case("debug allowed", ("--tee", "sgx", "--quote", "@sgx/occlum_quote.dat",
                               "--allow-debug"))],
    "cca/cca-example-token.cbor": [
        Case("good", ("--tee", "cca", "--report", "@cca/cca-example-token.cbor", "--roots", "+cca",
                      "--report-data", CCA_CHALLENGE),
             passed=("platform.signature", "realm.signature", "platform.challenge",
                     "report_data")),
        Case("no trusted key", ("--tee", "cca", "--report", "@cca/cca-example-token.cbor"),
             failed=("platform.signature",))],
    "cca/cpak-pub.json": "trusted in the case of the token",
    "cca/cca-claims.json": "golden claims: test/appraisal/cca_test.cc",
    "tpm/tpm_evidence.json": [
        Case("key and PCR digest good", ("--tee", "tpm", "--evidence", "@tpm/tpm_evidence.json",
                                         "--roots", "+tpm-ak"),
             passed=("ak.trusted", "quote.signature", "pcr.digest")),
        Case("extraData of 64 bytes", ("--tee", "tpm", "--evidence", "@tpm/tpm_evidence.json",
                                       "--roots", "+tpm-ak", "--report-data", "00" * 48),
             failed=("report_data",)),
        Case("no trusted key", ("--tee", "tpm", "--evidence", "@tpm/tpm_evidence.json"),
             failed=("ak.trusted",))],
}

NO_VERIFIER = "evidence of a platform that attestd has no verifier for"
NOT_EVIDENCE = "no evidence of a platform"
REASONS = {
    "nvidia/": NO_VERIFIER,
    "nitro/": NO_VERIFIER,
    "token/": NOT_EVIDENCE,
    "initdata/": NOT_EVIDENCE + ": test/dev_kbs/init_data_test.cc",
    "synthetic/": NOT_EVIDENCE + ": test/kbs_client, test/dev_kbs",
    "exchange/": NOT_EVIDENCE + ": test/kbs_client",
    "ocicrypt/": NOT_EVIDENCE,
}

TABLE = {**SNP_TABLE, **AZURE_TABLE, **INTEL_AND_ARM_TABLE}


def cases_of(entry):
    """The cases of an entry, the reason for none, or nothing for an entry that is not known."""
    if entry in TABLE:
        return TABLE[entry]
    return next((why for prefix, why in REASONS.items() if entry.startswith(prefix)), None)
