// SPDX-License-Identifier: GPL-2.0-only
/*
 * attestd_fake_tee: stands in for sev-guest.ko and tdx-guest.ko in tests of attestd. For throw-away
 * guests only: it attests nothing.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "fake_tee.h"

static char *provider = "sev_guest";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider, "sev_guest or tdx_guest");

static bool tsm = true;
module_param(tsm, bool, 0444);
MODULE_PARM_DESC(tsm, "register with configfs-tsm");

static bool is_tdx;

static int device_init(void)
{
	return is_tdx ? fake_tee_tdx_init() : fake_tee_sev_init();
}

static int __init fake_tee_init(void)
{
	int rc;

	is_tdx = !strcmp(provider, "tdx_guest");
	if (!is_tdx && strcmp(provider, "sev_guest"))
		return -EINVAL;
	rc = fake_tee_calls_init();
	if (rc)
		return rc;
	if (tsm) {
		rc = fake_tee_tsm_init(is_tdx);
		if (rc)
			goto no_tsm;
	}
	rc = device_init();
	if (rc)
		goto no_device;
	pr_info("provider=%s tsm=%d: test evidence only\n", provider, tsm);
	return 0;

no_device:
	if (tsm)
		fake_tee_tsm_exit();
no_tsm:
	fake_tee_calls_exit();
	return rc;
}

static void __exit fake_tee_exit(void)
{
	if (is_tdx)
		fake_tee_tdx_exit();
	else
		fake_tee_sev_exit();
	if (tsm)
		fake_tee_tsm_exit();
	fake_tee_calls_exit();
}

module_init(fake_tee_init);
module_exit(fake_tee_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test stand-in for the SEV-SNP and TDX guest drivers");
