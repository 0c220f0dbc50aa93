# SPDX-License-Identifier: Apache-2.0
"""Run-time measurements: over gRPC into a real TPM, and from its PCR back to the event log."""
import hashlib
import os
import tempfile
import threading
import time
import unittest

from support.agent import SAMPLE_TABLES, Agent, broker_table, tpm_tables
from support.event_log import read_entries, replay
from support.rpc import agent_pb, failure, grpc
from support.site import open_site

SITE = None
_PCR = 23


def setUpModule():
    global SITE
    SITE = open_site()


class MeasuringAgent(Agent):
    """attestd with measurements on, into a log of its own."""

    def __init__(self, name, more="", tables=None, folder=None):
        self.log_folder = os.path.join(folder or SITE.folder, name + "-run")
        self.event_log = os.path.join(self.log_folder, "eventlog")
        super().__init__(
            SITE.folder, name=name,
            tables=(tables or tpm_tables(SITE.tpm.tcti)) + broker_table(
                SITE.broker.url, SITE.broker.ca_file) +
            f'[measurement]\nenabled = true\nevent_log = "{self.event_log}"\n{more}')

    def entries(self):
        return read_entries(self.event_log)


def pcr_value(pcr):
    """Of the TPM itself, by tpm2-tools."""
    return SITE.tpm.tool("tpm2_pcrread", f"sha256:{pcr}").split("0x")[1].strip().lower()


def reset_pcr():
    SITE.tpm.tool("tpm2_pcrreset", str(_PCR))


class MeasurementCase(unittest.TestCase):
    def start(self, agent):
        self.addCleanup(agent.kill)
        agent.start()
        return agent

    def agent(self, name, **options):
        reset_pcr()
        return self.start(MeasuringAgent(name, **options))


def flood(agent, least, most_seconds):
    """Events from several threads until there were `least` and one was refused: the codes, None for
    one that was measured, and the seconds that it took."""
    codes = []
    begin = time.monotonic()

    def work(client):
        while ((len(codes) < least or set(codes) == {None}) and
               time.monotonic() < begin + most_seconds):
            try:
                client.extend("d", "o", f"c{len(codes)}")
                codes.append(None)
            except grpc.RpcError as error:
                codes.append(error.code())

    with agent.client() as client:
        workers = [threading.Thread(target=work, args=(client,)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return codes, time.monotonic() - begin


class ExtendTest(MeasurementCase):
    def test_an_event_is_in_the_log_and_the_log_replays_to_the_pcr(self):
        agent = self.agent("extend")
        with agent.client() as client:
            for content in ("one", '{"image": "täst"}', "three words here"):
                self.assertEqual(client.extend("example.org", "Pull", content), agent_pb.OK)
        self.assertEqual([(register, text) for register, _, text in agent.entries()],
                         [(_PCR, "example.org Pull one"),
                          (_PCR, 'example.org Pull {"image": "täst"}'),
                          (_PCR, "example.org Pull three words here")])
        self.assertEqual(pcr_value(_PCR), replay(agent.entries(), _PCR))

    def test_the_entry_names_the_register_that_was_asked_for(self):
        agent = self.agent("register")
        with agent.client() as client:
            self.assertEqual(client.extend("d", "o", "c", register=14), agent_pb.OK)
        self.assertEqual([entry[0] for entry in agent.entries()], [14])
        self.assertEqual(pcr_value(14), replay(agent.entries(), 14))

    def test_case_34_a_register_of_the_firmware_is_refused(self):
        agent = self.agent("forbidden")
        with agent.client() as client:
            for register in (0, 7, 8, 17, 24, 2**64 - 1):
                with self.subTest(register):
                    code, text = failure(client.extend, "d", "o", "c", register=register)
                    self.assertEqual(code, grpc.StatusCode.PERMISSION_DENIED)
                    self.assertIn("not for run-time events", text)
        self.assertFalse(os.path.exists(agent.event_log))

    def test_case_34_a_flood_is_limited_and_the_log_still_replays(self):
        # In memory: a slow disk would slow the flood down to less than the limit.
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        agent = self.agent("flood", folder=self.enterContext(
            tempfile.TemporaryDirectory(prefix="attestd-functional-", dir=memory)))
        codes, seconds = flood(agent, least=400, most_seconds=40)
        self.assertEqual(set(codes), {None, grpc.StatusCode.RESOURCE_EXHAUSTED},
                         f"of {len(codes)} events in {seconds:.1f} s")
        passed = codes.count(None)
        self.assertGreaterEqual(passed, 100)
        self.assertLessEqual(passed, 100 + 10 * seconds + 1)
        self.assertEqual(len(agent.entries()), passed)
        self.assertEqual(pcr_value(_PCR), replay(agent.entries(), _PCR))

    def test_a_pcr_that_somebody_else_extended_is_told_in_words(self):
        agent = self.agent("foreign")
        with agent.client() as client:
            client.extend("d", "o", "first")
            SITE.tpm.extend(_PCR)
            code, text = failure(client.extend, "d", "o", "second")
            self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
            self.assertIn("something else extended this register", text)
            self.assertIn("register 23 was extended outside of", agent.log())
            self.assertEqual(client.extend("d", "o", "third", register=16), agent_pb.OK)
        SITE.tpm.tool("tpm2_pcrreset", "16")


class RefusalTest(MeasurementCase):
    def test_measuring_is_off_by_default(self):
        with SITE.agent.client() as client:
            self.assertEqual(client.extend("d", "o", "c"), agent_pb.NOT_ENABLED)

    def test_a_platform_without_registers_does_not_support_it(self):
        agent = self.agent("sample", tables=SAMPLE_TABLES)
        with agent.client() as client:
            self.assertEqual(client.extend("d", "o", "c"), agent_pb.NOT_SUPPORTED)


class InitDataTest(MeasurementCase):
    def test_init_data_is_bound_once(self):
        digest = hashlib.sha256(b"init data").digest()
        with SITE.agent.client() as client:
            client.bind_init_data(digest)
            self.assertEqual(pcr_value(8), hashlib.sha256(bytes(32) + digest).hexdigest())
            client.bind_init_data(digest)
            self.assertEqual(pcr_value(8), hashlib.sha256(bytes(32) + digest).hexdigest())
            code, text = failure(client.bind_init_data, hashlib.sha256(b"other").digest())
            self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
            self.assertIn("init data", text)

    def test_a_digest_of_no_length_or_of_too_much_is_invalid(self):
        with SITE.agent.client() as client:
            for size in (0, 65):
                code, _ = failure(client.bind_init_data, bytes(size))
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_platform_without_a_place_for_it_says_so(self):
        agent = self.agent("sample-init", tables=SAMPLE_TABLES)
        with agent.client() as client:
            code, text = failure(client.bind_init_data, bytes(32))
            self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)
            self.assertIn("not supported on this platform", text)
