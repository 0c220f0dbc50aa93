# SPDX-License-Identifier: Apache-2.0
"""Cases 80 and 81: a TPM that is busy, locked, full or broken, and quotes that are not ours."""
import base64
import contextlib
import json
import struct
import threading

from conformance.devices import (DEVICE_FAILED, NO_BROKER, OK, SHORT, TIMED_OUT, UNAVAILABLE,
                                 DeviceCase, ask_evidence)
from support.agent import Agent, tpm_tables
from support.rpc import NOT_SERVING
from support.site import work_folder
from support.tpm import Swtpm
from support.tpm_proxy import (PCR_READ, QUOTE, READ_PUBLIC, TpmProxy, hang_up, patched,
                               response_code)

# What asks for the same command again, what says that the TPM is full (part 2, 6.6).
AGAIN = {"RC_RETRY": 0x922, "RC_YIELDED": 0x908, "RC_TESTING": 0x90a, "RC_NV_RATE": 0x920}
FULL = {"RC_OBJECT_MEMORY": 0x902, "RC_SESSION_MEMORY": 0x903, "RC_SESSION_HANDLES": 0x905,
        "RC_OBJECT_HANDLES": 0x906}
LOCKOUT, FAILURE = 0x921, 0x101
# TPM2_Quote's answer: header, size of the parameters, and of TPMS_ATTEST; then its fields
# (part 2, 10.12.8), with an extraData of 32 bytes, and TPMT_SIGNATURE.
ATTEST = 16
MAGIC, TYPE, EXTRA_DATA = ATTEST, ATTEST + 4, ATTEST + 44
SELECT_HASH, SELECT_SIZE, SELECT = ATTEST + 105, ATTEST + 107, ATTEST + 108
PCR_DIGEST, SIGNATURE = ATTEST + 113, ATTEST + 145
SIGNATURE_VALUE = SIGNATURE + 6
# RunCommand's tries, ESAPI's own at each of them, on the connection and on a fresh one.
MOST_TRIES = 11 * 6 * 2
OTHER_KEY = "0x81010003"


class TpmCase(DeviceCase):
    nonce = bytes(range(32))

    @staticmethod
    def genuine(evidence):
        return TpmCase.nonce in base64.b64decode(json.loads(evidence)["tpm_quote"]["message"])

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = work_folder(stack)
        cls.swtpm = Swtpm(cls.folder)
        stack.callback(cls.swtpm.kill)
        cls.tpm = TpmProxy(cls.swtpm.port)
        stack.callback(cls.tpm.close)
        cls.agent = Agent(cls.folder, tpm_tables(cls.tpm.tcti) + NO_BROKER)
        stack.callback(cls.agent.kill)
        cls.agent.start()

    def play(self, name, fault, expected, times=None, code=QUOTE, least=1, most=None,
             before=lambda: None, **options):
        """A variant: this fault of a command, for ever or so many times, and how often that is
        sent then. `before` is called when the TPM is well."""
        self.evidence()
        before()
        self.tpm.play(code, fault, times)
        self.variant(name, expected, mend=self.tpm.clear,
                     happened=lambda: least <= self.tpm.seen[code] <= (most or MOST_TRIES),
                     **options)


class ResponseTest(TpmCase):
    def test_case_80_response_codes(self):
        """RETRY and the like: bounded tries; LOCKOUT: none; full: once more"""
        for name, code in AGAIN.items():
            fault = response_code(code)
            self.play(f"{name}, three times", fault, OK, times=3, least=4)
            self.play(f"{name}, for ever, no time", fault, TIMED_OUT, seconds=SHORT, least=2)
        self.play("RC_YIELDED, for ever", response_code(AGAIN["RC_YIELDED"]), UNAVAILABLE,
                  seconds=10, least=11)
        self.play("RC_RETRY, in the way of PCR_Read", response_code(AGAIN["RC_RETRY"]), OK, times=3,
                  code=PCR_READ, least=4, before=lambda: self.swtpm.extend(16))
        for name, code in FULL.items():
            self.play(f"{name}, once", response_code(code), OK, times=1, least=2, most=2)
            self.play(f"{name}, for ever", response_code(code), UNAVAILABLE, least=2, most=2)
        self.play("RC_LOCKOUT", response_code(LOCKOUT), DEVICE_FAILED, most=1,
                  words=("tpm2_dictionarylockout",))
        self.play("RC_FAILURE", response_code(FAILURE), DEVICE_FAILED, most=1)

    def test_case_80_answers_that_are_none(self):
        """IO errors and short answers: opened again once; silence: in time"""
        def says(answer):
            return lambda command, forward: answer

        head = struct.pack(">HII", 0x8001, 10, 0)
        broken = {"closed": hang_up(), "half a header": hang_up(head[:5]),
                  "a header alone": hang_up(struct.pack(">HII", 0x8002, 400, 0)),
                  "short": says(head), "of no size": says(struct.pack(">HII", 0x8001, 0, 0)),
                  "of another tag": says(struct.pack(">HII", 0xffff, 10, 0))}
        for name, fault in broken.items():
            self.play(f"{name}, once", fault, OK, times=1, least=2, most=2)
            self.play(f"{name}, for ever", fault, UNAVAILABLE, least=2, most=2)
        self.play("of 4 GiB", hang_up(struct.pack(">HII", 0x8001, 0xffffffff, 0)), UNAVAILABLE,
                  least=2, most=2)
        over = threading.Event()
        self.addCleanup(over.set)

        def silent(command, forward):
            over.wait(1)
            return forward(command)
        self.play("silence", silent, TIMED_OUT, times=1, seconds=SHORT)

    def test_case_80_the_daemons_own_look_at_a_locked_tpm_does_not_spin(self):
        """RC_LOCKOUT for ever: not ready, and looked at once a second"""
        self.tpm.play(QUOTE, hang_up())
        self.tpm.add(READ_PUBLIC, response_code(LOCKOUT))
        reply = ask_evidence(self.agent, 5, self.nonce)
        self.assertEqual((reply.code, reply.reason), ("FAILED_PRECONDITION", "DEVICE_FAILED"))
        self.agent.wait_for_health(NOT_SERVING)
        before = self.tpm.seen[READ_PUBLIC]
        threading.Event().wait(2)
        self.assertLess(self.tpm.seen[READ_PUBLIC] - before, 12)
        self.tpm.clear()
        self.evidence()
        self.note("looks", "FAILED_PRECONDITION")


class QuoteTest(TpmCase):
    def test_case_81_a_quote_that_is_not_what_was_asked_for(self):
        """magic, type, extraData, selection, digest, algorithm or key of another: never sent"""
        changes = {"magic": (MAGIC, b"\x00TCG"), "type": (TYPE, b"\x80\x19"),
                   "extraData": (EXTRA_DATA, b"\xee"), "bank": (SELECT_HASH, b"\x00\x0c"),
                   "no PCR": (SELECT, bytes(3)), "PCR 0 left out": (SELECT, b"\xfe\xff\xff"),
                   "sigAlg RSAPSS": (SIGNATURE, b"\x00\x16"),
                   "hash SHA-384": (SIGNATURE + 2, b"\x00\x0c"),
                   "PCR digest": (PCR_DIGEST, b"\xee"), "signature": (SIGNATURE_VALUE, b"\xee")}
        for name, (offset, value) in changes.items():
            self.play(name, patched(offset, value), DEVICE_FAILED, most=1,
                      words=("failed the check before sending",))
        self.play("another nonce in the command", self.for_another_nonce, DEVICE_FAILED, most=1,
                  words=("extraData",))
        self.make_other_key()
        # The daemon looks again at a device that failed, and may do so meanwhile.
        self.play("another key", self.by_another_key, DEVICE_FAILED, most=3,
                  words=("failed the check before sending",))

    @staticmethod
    def for_another_nonce(command, forward):
        nonce = TpmCase.nonce
        assert nonce in command
        return forward(command.replace(nonce, nonce[::-1]))

    @staticmethod
    def by_another_key(command, forward):
        return forward(command[:10] + int(OTHER_KEY, 16).to_bytes(4, "big") + command[14:])

    def make_other_key(self):
        context = f"{self.folder}/other-key"
        self.swtpm.tool("tpm2_createprimary", "-C", "o", "-G", "rsa2048:rsassa-sha256:null", "-a",
                        "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign",
                        "-c", context)
        self.swtpm.tool("tpm2_evictcontrol", "-C", "o", "-c", context, OTHER_KEY)
        self.swtpm.tool("tpm2_flushcontext", "-t")
