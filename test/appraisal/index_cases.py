# SPDX-License-Identifier: Apache-2.0
"""What `attestctl appraise` must say of each entry of the recorded evidence's INDEX.md.

Every entry is either covered by cases, or has its reason not to be.
"""
import base64
import dataclasses
import json

# Every certificate is inside its dates then, but for the VLEK.
AT = "2026-03-01T00:00:00Z"
BEFORE_VLEK_EXPIRED = "2025-11-01T00:00:00Z"
CHALLENGE = b"challenge".hex()
OTHER_CHALLENGE = b"Challenge".hex()


@dataclasses.dataclass(frozen=True)
class Case:
    """One command line and its outcome. An argument "@name" is the vector of that name, "%name" a
    file made out of vectors, "+name" a folder of links to the vectors that FOLDERS lists."""
    what: str
    arguments: tuple
    failed: tuple = ()  # exactly these checks, in any order; none: the verdict is "pass"
    passed: tuple = ()  # these too were made, and passed
    texts: dict = dataclasses.field(default_factory=dict)  # "check/expected" -> its start
    claims: dict = dataclasses.field(default_factory=dict)  # "a/b" -> start of the text
    unusable: bool = False  # exit status 2 instead of a verdict
    at: str = AT


def changed(data, offset, value):
    """`value` is the new byte, or a function of the old one."""
    new = value(data[offset]) if callable(value) else value
    return data[:offset] + bytes([new & 0xff]) + data[offset + 1:]


def flipped(data, offset):
    return changed(data, offset, lambda old: old ^ 1)


def azure_quote(data):
    """The bincode form: u64 length and signature, u64 length and message, u64 count and PCRs."""
    def take(rest):
        size = int.from_bytes(rest[:8], "little")
        return rest[8:8 + size], rest[8 + size:]
    signature, rest = take(data)
    message, rest = take(rest)
    pcrs = [rest[8 + 32 * i:8 + 32 * (i + 1)] for i in range(int.from_bytes(rest[:8], "little"))]
    return {"signature": signature.hex(), "message": message.hex(),
            "pcrs": [pcr.hex() for pcr in pcrs]}


def url(data):
    return base64.urlsafe_b64encode(data).decode()


def first_der(pem):
    body = pem.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    return base64.b64decode(body)


def azure_snp(hcl_report, tpm_quote, vcek):
    return json.dumps({"version": 1, "tpm_quote": tpm_quote, "hcl_report": url(hcl_report),
                       "vcek": url(first_der(vcek.decode()))}).encode()


def azure_tdx(read, tpm_quote, hcl_report):
    evidence = json.loads(read("az-tdx-vtpm/evidence-v1.json"))
    return json.dumps({**evidence, "tpm_quote": tpm_quote, "hcl_report": url(hcl_report)}).encode()


def snp_of_parts(read, hcl_report=None, tpm_quote=None):
    hcl = hcl_report or read("az-snp-vtpm/hcl-report.bin")
    quote = tpm_quote or azure_quote(read("az-snp-vtpm/quote.bin"))
    return azure_snp(hcl, quote, read("az-snp-vtpm/vcek.pem"))


def snp_hcl_changed(offset, value):
    return lambda read: snp_of_parts(
        read, hcl_report=changed(read("az-snp-vtpm/hcl-report.bin"), offset, value))


def with_orphan(read):
    return snp_of_parts(read, tpm_quote={
        **azure_quote(read("az-snp-vtpm/quote.bin")),
        "message": read("az-snp-vtpm/tpm-quote.msg").hex(),
        "signature": read("az-snp-vtpm/tpm-quote.sig").hex()})


def plain_tpm(read):
    """az-common/quote.bin as evidence of a plain TPM: TPMT_SIGNATURE around the signature."""
    quote = azure_quote(read("az-common/quote.bin"))
    signature = bytes.fromhex(quote["signature"])
    header = bytes.fromhex("0014000b") + len(signature).to_bytes(2, "big")
    ak = "".join(read("az-common/akpub.pem").decode().splitlines()[1:-1])
    return json.dumps({"ak_public": ak, "tpm_quote": {
        "signature": base64.b64encode(header + signature).decode(),
        "message": base64.b64encode(bytes.fromhex(quote["message"])).decode(),
        "pcrs": quote["pcrs"]}}).encode()


def ak_of_tpm_evidence(read):
    ak = json.loads(read("tpm/tpm_evidence.json"))["ak_public"]
    lines = [ak[i:i + 64] for i in range(0, len(ak), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()


# Files made out of vectors.
MADE = {
    "milan-v2-byte-42": lambda read: flipped(read("snp/milan-v2-vcek/report.bin"), 42),
    "milan-v2-byte-384": lambda read: flipped(read("snp/milan-v2-vcek/report.bin"), 384),
    "snp-parts": snp_of_parts,
    "snp-hcl-0x1a6": snp_hcl_changed(0x1a6, 0),
    "snp-hcl-0x6e0": snp_hcl_changed(0x6e0, lambda old: old + 1),
    "snp-hcl-0x540": snp_hcl_changed(0x540, 0),
    "snp-quote-v1": lambda read: snp_of_parts(
        read, tpm_quote=json.loads(read("az-snp-vtpm/tpm-quote-v1.json"))),
    "snp-orphan": with_orphan,
    "snp-2048": lambda read: azure_snp(
        read("az-common/hcl-report-snp-2048.bin"), azure_quote(read("az-common/quote.bin")),
        read("az-common/certs.pem")),
    "tdx-parts": lambda read: azure_tdx(read, azure_quote(read("az-tdx-vtpm/quote.bin")),
                                        read("az-tdx-vtpm/hcl-report.bin")),
    "tdx-other-hcl": lambda read: azure_tdx(read, azure_quote(read("az-tdx-vtpm/quote.bin")),
                                            read("az-common/hcl-report-tdx.bin")),
    "plain-tpm": plain_tpm,
    "tpm-ak": ak_of_tpm_evidence,
}

# Folders for --roots: where their files come from.
FOLDERS = {
    "amd": ("@snp/roots/milan_ask_ark_asvk.pem", "@snp/roots/genoa_ask_ark_asvk.pem",
            "@snp/roots/turin_ask_ark_asvk.pem"),
    "intel": ("@tdx/intel_sgx_root.pem",),
    "cca": ("@cca/cpak-pub.json",),
    "azure-ak": ("@az-common/akpub.pem",),
    "tpm-ak": ("%tpm-ak",),
}
