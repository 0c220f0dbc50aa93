# SPDX-License-Identifier: Apache-2.0
"""Case 84: device nodes that are missing, forbidden or something else."""
import json
import os
import subprocess

from conformance import record
from conformance.devices import NO_BROKER, NONCE, DeviceCase, ask_evidence
from support.agent import Agent
from support.fake_tee import NOWHERE, FakeTee
from support.processes import PATIENCE_SECONDS, binary
from support.rpc import SERVING
from support.site import work_folder

PROVIDERS = {"snp": "sev_guest", "tdx": "tdx_guest", "cca": "arm_cca_guest"}


def tables(backend, **places):
    """Every platform's table; all lead to nothing but for `places`: snp_device, tdx_tsm_root ..."""
    text = f'[tee]\nbackend = "{backend}"\n'
    for table, key in (("snp", "tsm_root"), ("snp", "device"), ("tdx", "tsm_root"),
                       ("tdx", "device"), ("cca", "tsm_root")):
        place = places.get(f"{table}_{key}", f"{NOWHERE}/{table}-{key}")
        header = f"[{table}]\n" if f"[{table}]\n" not in text else ""
        text += f'{header}{key} = "{place}"\n'
    for table in ("azure_vtpm", "tpm"):
        place = places.get(f"{table}_device", f"{NOWHERE}/{table}-tpmrm0")
        text += f'[{table}]\ntcti = "device:{place}"\n'
    return text + NO_BROKER


def with_service(text):
    """The same where quotes come from a service, which is sent what the device gives."""
    return text.replace("[tdx]\n", f'[tdx]\nqgs = "unix:{NOWHERE}/qgs"\n')


class NodeTest(DeviceCase):
    nonce = NONCE[:32]

    def setUp(self):
        super().setUp()
        self.folder = work_folder(self.stack)
        self.tees = {}

    def tee(self, name):
        if name not in self.tees:
            self.tees[name] = FakeTee(self.folder, PROVIDERS[name], name=name)
            self.stack.callback(self.tees[name].stop)
        return self.tees[name]

    def agent_with(self, text, name="attestd"):
        agent = Agent(self.folder, text, name=name)
        self.stack.callback(agent.kill)
        return agent

    def wrong_nodes(self):
        """(what, path, a word of the log) of nodes of no use."""
        plain = os.path.join(self.folder, "plain")
        with open(plain, "wb") as file:
            file.write(b"not a device")
        link, loop = (os.path.join(self.folder, name) for name in ("link", "loop"))
        os.symlink(plain, link)
        os.symlink(loop, loop)
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        return (("missing", f"{NOWHERE}/node", "No such file"), ("a link to a file", link, ""),
                ("a plain file", plain, ""), ("a link to itself", loop, "symbolic links"),
                ("a folder", self.folder, ""), ("a FIFO", fifo, ""), ("/dev/null", "/dev/null", ""),
                ("/dev/zero", "/dev/zero", ""))

    def test_case_84_a_node_of_no_use(self):
        """missing, forbidden, a link, a folder: FAILED_PRECONDITION naming it"""
        nodes = self.wrong_nodes()
        for backend, some in (("snp", nodes), ("tpm", nodes), ("tdx", nodes[:5]),
                              ("azure_vtpm", nodes[:2])):
            for what, path, word in some:
                text = tables(backend, **{f"{backend}_device": path})
                self.starts_ill(f"{backend}: {what}", self.agent_with(with_service(text)), path,
                                word)
        # The test is run by root, whom no permission bit stops.
        for backend, node in (("snp", "sev-guest"), ("tdx", "tdx_guest")):
            self.tee(backend).control("open error EACCES always")
            path = self.tee(backend).path(node)
            self.starts_ill(f"{backend}: forbidden",
                            self.agent_with(with_service(
                                tables(backend, **{f"{backend}_device": path}))), path)
            self.tee(backend).control("clear")

    def detects(self, name, expected, **places):
        with self.subTest(name):
            result = record.FAILED
            agent = self.agent_with(tables("auto", **places))
            try:
                agent.launch()
                agent.wait_for_health(SERVING)
                self.assertEqual(agent.ctl("tee").out.decode().strip(), expected)
                reply = ask_evidence(agent, 5, NONCE)
                self.assertEqual(reply.code, "OK", reply.text + agent.log())
                self.assertEqual(agent.process.stop(), 0)
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(f"auto: {name}", result, "OK", 0.0, 0))
                agent.kill()

    def test_case_84_other_platforms_are_unaffected(self):
        """a platform whose device is of no use does not stop the others"""
        snp, tdx = self.tee("snp").reports_root, self.tee("tdx").reports_root
        self.detects("another's provider", "snp", tdx_tsm_root=snp, cca_tsm_root=snp,
                     snp_tsm_root=snp)
        self.tee("tdx").control("mkdir error EACCES always")
        self.detects("forbidden", "snp", tdx_tsm_root=tdx, snp_tsm_root=snp)
        self.tee("tdx").control("clear")
        self.detects("the first in the order", "tdx", tdx_tsm_root=tdx, snp_tsm_root=snp)
        self.detects("a folder", "snp", tdx_tsm_root=self.folder, snp_tsm_root=snp)

    def test_case_84_no_sample_is_made_up(self):
        """without a device "auto" takes no sample, and "sample" needs a word more"""
        agent = self.agent_with(tables("auto"))
        agent.launch()
        self.assertNotEqual(agent.process.wait(), 0)
        for word in ("azure_vtpm", "tdx", "snp", "cca", "tpm", f"{NOWHERE}/snp-device"):
            self.assertIn(word, agent.log())
        self.note("start: nothing there", "refused to start")
        config = os.path.join(self.folder, "sample.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write('[tee]\nbackend = "sample"\n' + NO_BROKER)
        done = subprocess.run([binary("attestd"), "--config", config], capture_output=True,
                              text=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("allow_sample", done.stderr)
        self.note("start: a sample that is not allowed", "refused to start")
        agent = self.agent_with(tables("sample").replace("[tee]\n", "[tee]\nallow_sample = true\n"))
        agent.start()
        self.assertIn("SAMPLE EVIDENCE", agent.log())
        self.assertTrue(json.loads(ask_evidence(agent).value))
        self.note("a sample that is allowed is named in the log", "OK")
