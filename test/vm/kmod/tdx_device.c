// SPDX-License-Identifier: GPL-2.0-only
/* /dev/tdx_guest with the one ioctl of <linux/tdx-guest.h>. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/tdx-guest.h>
#include <linux/uaccess.h>

#include "fake_tee.h"

static long tdx_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tdx_report_req __user *request = (struct tdx_report_req __user *)arg;
	u8 report_data[TDX_REPORTDATA_LEN];
	struct fake_tee_blobs blobs = {};
	int rc;

	if (cmd != TDX_CMD_GET_REPORT0)
		return -ENOTTY;
	if (copy_from_user(report_data, request->reportdata, sizeof(report_data)))
		return -EFAULT;
	rc = fake_tee_ask(FAKE_TEE_TDX_REPORT, 0, report_data, &blobs);
	if (rc)
		return rc;
	if (blobs.out_len != TDX_REPORT_LEN)
		rc = -EIO;
	else if (copy_to_user(request->tdreport, blobs.out, TDX_REPORT_LEN))
		rc = -EFAULT;
	fake_tee_free(&blobs);
	return rc;
}

static const struct file_operations tdx_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = tdx_ioctl,
};

static struct miscdevice tdx_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "tdx_guest",
	.fops = &tdx_fops,
};

int fake_tee_tdx_init(void)
{
	return misc_register(&tdx_device);
}

void fake_tee_tdx_exit(void)
{
	misc_deregister(&tdx_device);
}
