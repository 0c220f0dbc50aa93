# SPDX-License-Identifier: Apache-2.0
"""backend = "auto": the platforms in their order, and never the sample."""
import contextlib
import unittest

from support.agent import Agent
from support.azure import AzureVm, Imds
from support.fake_tee import NOWHERE, FakeTee
from support.rpc import SERVING
from support.site import work_folder
from support.tpm import Swtpm

# The broker is never reached here.
NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'


class DetectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = work_folder(stack)
        cls.snp = FakeTee(cls.folder, "sev_guest", name="snp")
        stack.callback(cls.snp.stop)
        cls.tdx = FakeTee(cls.folder, "tdx_guest", name="tdx")
        stack.callback(cls.tdx.stop)
        cls.cca = FakeTee(cls.folder, "arm_cca_guest", name="cca")
        stack.callback(cls.cca.stop)
        cls.tpm = Swtpm(cls.folder)
        stack.callback(cls.tpm.kill)

    def tables(self, azure=None, **there):
        """Every platform's table leads to nothing, but for those that are there."""
        def root(name):
            return there[name].reports_root if name in there else f"{NOWHERE}/{name}"

        def node(name, file):
            return there[name].path(file) if name in there else f"{NOWHERE}/{file}"
        tpm = there["tpm"].tcti if "tpm" in there else f"device:{NOWHERE}/tpmrm0"
        text = '[tee]\nbackend = "auto"\nallow_sample = true\n'
        text += f'[azure_vtpm]\ntcti = "{azure or tpm}"\n'
        text += f'[tdx]\ntsm_root = "{root("tdx")}"\ndevice = "{node("tdx", "tdx_guest")}"\n'
        text += f'[snp]\ntsm_root = "{root("snp")}"\ndevice = "{node("snp", "sev-guest")}"\n'
        text += f'[cca]\ntsm_root = "{root("cca")}"\n[tpm]\ntcti = "{tpm}"\n'
        return text + NO_BROKER

    def detected(self, tables):
        """The platform that attestd chooses."""
        agent = Agent(self.folder, tables)
        self.addCleanup(agent.kill)
        agent.launch()
        agent.wait_for_health(SERVING)
        tee = agent.ctl("tee").out.decode().strip()
        self.assertEqual(agent.process.stop(), 0)
        return tee

    def test_the_first_platform_in_the_order_azure_tdx_snp_cca_tpm_is_chosen(self):
        there = {"tdx": self.tdx, "snp": self.snp, "cca": self.cca, "tpm": self.tpm}
        for tee in ("tdx", "snp", "cca", "tpm"):
            with self.subTest(tee):
                self.assertEqual(self.detected(self.tables(**there)), tee)
                del there[tee]

    def test_an_azure_vtpm_comes_before_the_hardware_below_it(self):
        stack = self.enterContext(contextlib.ExitStack())
        vm = AzureVm(stack, work_folder(stack), "sev_guest")
        imds = Imds(vm)
        stack.callback(imds.close)
        self.assertEqual(self.detected(self.tables(azure=vm.tcti, snp=self.snp, tpm=self.tpm)),
                         "az-snp-vtpm")

    def test_without_any_platform_attestd_says_what_it_looked_at_and_takes_no_sample(self):
        agent = Agent(self.folder, self.tables(), name="nothing")  # a log of its own
        self.addCleanup(agent.kill)
        agent.launch()
        self.assertNotEqual(agent.process.wait(), 0)
        for word in ("azure_vtpm", "tdx", "snp", "cca", "tpm", f"{NOWHERE}/tdx_guest",
                     f"{NOWHERE}/sev-guest", f"{NOWHERE}/tpmrm0"):
            self.assertIn(word, agent.log())
