# SPDX-License-Identifier: Apache-2.0
"""SecureMount and PullImage over gRPC and ttRPC, and the mount helper beside attestd.

Volumes are formatted on a loop device with Debian's cryptsetup under keys of a real broker. Where the
kernel has no device mapper they cannot be opened: that, and what can only be seen then, is the guest's
part (test/vm/cases/volume.sh).
"""
import contextlib
import os
import shutil
import socket
import subprocess
import unittest

from support.doors import over_grpc, over_ttrpc
from support.processes import PATIENCE_SECONDS, binary, wait_until
from support.rpc import failure, hub_pb
from support.sample_site import SampleSite
from support.ttrpc import TtrpcClient

SITE = None
DAEMON = None
FOLDER = None

MOUNT = "api.SecureMountService/SecureMount"
PULL = "api.ImagePullService/PullImage"
INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED = 3, 5, 7
FAILED_PRECONDITION, UNIMPLEMENTED, UNAVAILABLE = 9, 12, 14
KEY = b"the volume's key: 5f0c-of-the-mounts\n"
FILE_KEY = b"a key that lies in a file: 88a1"


def mounts(roots):
    return f'[secure_mount]\nenabled = true\nmount_roots = ["{roots}"]\nkey_folder = "{FOLDER}/keys"\n'


def setUpModule():
    global SITE, DAEMON, FOLDER
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    FOLDER = SITE.folder
    os.mkdir(os.path.join(FOLDER, "keys"))
    with open(os.path.join(FOLDER, "keys/one"), "wb") as file:
        file.write(FILE_KEY)
    SITE.broker.put("app/volume/1", KEY)
    SITE.broker.put("app/volume/empty", b"")
    SITE.broker.put("private/volume/1", KEY)
    DAEMON = SITE.agent(mounts(FOLDER + "/mnt") + SITE.tables(), name="mounter")


def request(options, mount_point=None, volume_type="block-device", flags=()):
    options = {"encryptionType": "luks2", "sourceType": "empty", "targetType": "device",
               "devicePath": "/dev/null", **options}
    return hub_pb.SecureMountRequest(
        volume_type=volume_type, flags=flags, mount_point=mount_point or FOLDER + "/mnt/volume",
        options={name: value for name, value in options.items() if value is not None})


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


class SecureMountTest(unittest.TestCase):
    def setUp(self):
        self.grpc = self.enterContext(DAEMON.client())
        self.ttrpc = self.enterContext(TtrpcClient(DAEMON.socket))

    def refusal(self, *arguments, **options):
        """(code, reason), the same over gRPC and ttRPC."""
        message = request(*arguments, **options).SerializeToString()
        told = over_grpc(self.grpc, MOUNT, message)
        self.assertEqual(over_ttrpc(self.ttrpc, MOUNT, message), told)
        return told[0], (told[2] or [None])[0]

    def test_what_makes_no_sense_is_refused_with_its_reason(self):
        bad = (INVALID_ARGUMENT, "BAD_MOUNT")
        for options in ({"sourceType": None}, {"dataIntegrty": "true"}, {"mapperName": "../x"},
                        {"targetType": "fileSystem", "mkfsOpts": "-d /etc"},
                        {"sourceType": "encrypted"}, {"key": "http://x/y"}):
            self.assertEqual(self.refusal(options), bad, options)
        for point in (FOLDER + "/mnt/../x", "relative", "/etc/x"):
            self.assertEqual(self.refusal({}, mount_point=point), bad, point)
        self.assertEqual(self.refusal({}, flags=["suid"]), bad)
        self.assertEqual(self.refusal({"key": "kbs:///one"}), (INVALID_ARGUMENT, "BAD_URI"))
        unsupported = (UNIMPLEMENTED, "MOUNT_UNSUPPORTED")
        self.assertEqual(self.refusal({"encryptionType": "zfs"}), unsupported)
        self.assertEqual(self.refusal({}, volume_type="alibaba-cloud-oss"), unsupported)

    def test_a_key_that_cannot_be_had_is_told_so(self):
        for key, told in (("kbs:///app/volume/none", (NOT_FOUND, "RESOURCE_NOT_FOUND")),
                          ("kbs:///private/volume/1", (PERMISSION_DENIED, "ACCESS_DENIED")),
                          ("kbs:///app/volume/empty", (FAILED_PRECONDITION, "KEY_UNFIT")),
                          ("sealed.x", (INVALID_ARGUMENT, "BAD_PACKET")),
                          (f"file://{FOLDER}/keys/none", (FAILED_PRECONDITION, "KEY_UNFIT")),
                          ("file:///etc/passwd", (FAILED_PRECONDITION, "KEY_UNFIT"))):
            self.assertEqual(self.refusal({"key": key}), told, key)

    def test_what_is_no_free_block_device_is_refused(self):
        for device in ("/dev/null", "/dev/none-of-this-name", FOLDER):
            self.assertEqual(self.refusal({"devicePath": device}),
                             (FAILED_PRECONDITION, "MOUNT_FAILED"))
        self.assertIn("no block device", DAEMON.log())

    def test_images_are_pulled_by_others_and_the_text_says_who(self):
        message = hub_pb.ImagePullRequest(image_url="example.com/image").SerializeToString()
        told = over_grpc(self.grpc, PULL, message)
        self.assertEqual((told[0], told[2]), (UNIMPLEMENTED, ["PULLED_ELSEWHERE"]))
        self.assertEqual(over_ttrpc(self.ttrpc, PULL, message), told)
        _, text = failure(self.grpc.raw, PULL, message)
        self.assertIn("kata-agent", text)

    def test_without_the_configurations_word_nothing_is_mounted_and_no_helper_runs(self):
        plain = SITE.agent(name="plain")
        with plain.client() as client:
            self.assertEqual(over_grpc(client, MOUNT, request({}).SerializeToString()),
                             (FAILED_PRECONDITION, b"", ["MOUNT_OFF"]))
            _, text = failure(client.raw, MOUNT, request({}).SerializeToString())
        self.assertIn("[secure_mount] enabled = true", text)
        self.assertEqual(children(plain.process.pid), [])

    def test_the_helper_is_there_before_the_first_request_and_ends_with_attestd(self):
        agent = SITE.agent(mounts(FOLDER + "/mnt") + SITE.tables(), name="ends")
        helper, = children(agent.process.pid)
        with open(f"/proc/{helper}/environ", "rb") as file:
            self.assertEqual(file.read(), b"")
        agent.kill()
        wait_until(lambda: not os.path.exists(f"/proc/{helper}"), "the helper ends")

    def test_a_helper_that_was_killed_is_named(self):
        agent = SITE.agent(mounts(FOLDER + "/mnt") + SITE.tables(), name="killed")
        helper, = children(agent.process.pid)
        os.kill(int(helper), 9)
        with agent.client() as client:
            self.assertEqual(over_grpc(client, MOUNT, request({}).SerializeToString()),
                             (UNAVAILABLE, b"", ["MOUNT_FAILED"]))
            self.assertEqual(client.get_resource("kbs:///app/volume/1"), KEY)
        self.assertIn("Restart attestd", agent.log())

    def test_a_helper_at_a_socket_is_used_and_no_other_started(self):
        path = os.path.join(FOLDER, "helper.sock")
        agent = SITE.agent(f'[secure_mount]\nenabled = true\nsocket = "{path}"\n' + SITE.tables(),
                           name="apart")
        self.assertEqual(children(agent.process.pid), [])
        with agent.client() as client, socket.socket(socket.AF_UNIX,
                                                     socket.SOCK_SEQPACKET) as listener:
            message = request({"key": "kbs:///app/volume/1"}).SerializeToString()
            self.assertEqual(over_grpc(client, MOUNT, message)[::2], (UNAVAILABLE, ["MOUNT_FAILED"]))
            listener.bind(path)
            listener.listen()
            listener.settimeout(PATIENCE_SECONDS)
            call = client.begin(MOUNT, message)
            connection, _ = listener.accept()
            # As systemd would with Accept=yes.
            with connection, subprocess.Popen(
                    ["sh", "-c", f"exec {binary('attestd-mount')} {FOLDER}/mnt 3<&0"],
                    stdin=connection.fileno()) as helper:
                connection.close()
                self.assertEqual(call.code().value[0], FAILED_PRECONDITION)
                agent.kill()
                self.assertEqual(helper.wait(PATIENCE_SECONDS), 0)


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("cryptsetup") and shutil.which("losetup"),
                     "loop devices need root, cryptsetup-bin and mount")
class VolumeTest(unittest.TestCase):
    """On a loop device of 24 MiB."""

    def setUp(self):
        self.grpc = self.enterContext(DAEMON.client())
        image = os.path.join(FOLDER, self.id())
        with open(image, "wb") as file:
            file.truncate(24 << 20)
        found = subprocess.run(["losetup", "--find", "--show", image], capture_output=True,
                               check=False, text=True)
        if found.returncode != 0:
            self.skipTest("no loop device: " + found.stderr.strip())
        self.device = found.stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", self.device], check=True)

    def mount(self, **options):
        """The reason why it fails; nothing when it was opened, and is closed again."""
        point = f"{FOLDER}/mnt/{self.id()}"
        told = over_grpc(self.grpc, MOUNT, request(
            {"devicePath": self.device, **options}, mount_point=point).SerializeToString())
        if told[0] == 0:
            subprocess.run(["cryptsetup", "close", os.readlink(point)], check=True)
            os.remove(point)
        return told[2]

    def assert_opened(self, reasons):
        """As far as this kernel goes."""
        with open("/proc/misc", encoding="ascii") as file:
            has_mapper = "device-mapper" in file.read()
        if has_mapper:
            self.assertIsNone(reasons)
        else:
            self.assertEqual(reasons, ["MOUNT_FAILED"])
            self.assertIn("open " + self.device, DAEMON.log())

    def opens(self, key):
        """What cryptsetup says of the key."""
        return subprocess.run(["cryptsetup", "open", "--test-passphrase", "--key-file=-", self.device],
                              input=key, capture_output=True, check=False).returncode == 0

    def test_a_volume_has_the_brokers_key_and_no_other(self):
        self.assert_opened(self.mount(key="kbs:///app/volume/1"))
        self.assertTrue(self.opens(KEY))
        self.assertFalse(self.opens(KEY[:-1]))
        self.assert_opened(self.mount(key="kbs:///app/volume/1", sourceType="encrypted"))

    def test_a_volume_has_the_key_of_a_file(self):
        self.assert_opened(self.mount(key=f"file://{FOLDER}/keys/one"))
        self.assertTrue(self.opens(FILE_KEY))

    def test_with_a_key_made_up_the_device_has_no_header(self):
        self.assert_opened(self.mount())
        self.assertNotEqual(subprocess.run(["cryptsetup", "isLuks", self.device], check=False)
                            .returncode, 0)

    def test_a_header_that_may_not_be_opened_is_refused(self):
        self.assertEqual(self.mount(key="kbs:///app/volume/1", sourceType="encrypted"),
                         ["VOLUME_REFUSED"])
        self.assert_opened(self.mount(key="kbs:///app/volume/1"))
        self.assertEqual(self.mount(key="kbs:///app/volume/1", sourceType="encrypted",
                                    dataIntegrity="true"), ["VOLUME_REFUSED"])
        subprocess.run(["cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--cipher",
                        "aes-cbc-essiv:sha256", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
                        "1000", "--key-file=-", self.device], input=KEY, check=True)
        self.assertEqual(self.mount(key="kbs:///app/volume/1", sourceType="encrypted"),
                         ["VOLUME_REFUSED"])
        self.assertIn("segment: expected type crypt with aes-xts-plain64", DAEMON.log())

    def test_no_key_is_logged(self):
        self.mount(key="kbs:///app/volume/1")
        for key in (KEY.strip(), FILE_KEY):
            self.assertNotIn(key.decode(), DAEMON.log())

    def test_a_device_in_use_is_refused_and_left_alone(self):
        subprocess.run(["mke2fs", "-q", self.device], check=True)
        point = f"{FOLDER}/{self.id()}.mounted"
        os.mkdir(point)
        subprocess.run(["mount", self.device, point], check=True)
        self.addCleanup(subprocess.run, ["umount", point], check=True)
        self.assertEqual(self.mount(key="kbs:///app/volume/1"), ["MOUNT_FAILED"])
        self.assertIn("it is in use", DAEMON.log())
        self.assertFalse(self.opens(KEY))
