// SPDX-License-Identifier: GPL-2.0-only
/* The provider that the kernel's configfs-tsm core asks for reports. */
#include <linux/tsm.h>
#include <linux/version.h>

#include "fake_tee.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define tsm_ops tsm_report_ops
#define tsm_register tsm_report_register
#define tsm_unregister tsm_report_unregister
#endif

static bool is_tdx;

static int report_new(struct tsm_report *report, void *data)
{
	struct fake_tee_blobs blobs = {};
	int rc;

	/* Both drivers take exactly 64 bytes. */
	if (report->desc.inblob_len != FAKE_TEE_REPORT_DATA)
		return -EINVAL;
	rc = fake_tee_ask(is_tdx ? FAKE_TEE_TDX_QUOTE : FAKE_TEE_SNP_REPORT, report->desc.privlevel,
			  report->desc.inblob, &blobs);
	if (rc)
		return rc;
	report->outblob = blobs.out;
	report->outblob_len = blobs.out_len;
	report->auxblob = blobs.aux;
	report->auxblob_len = blobs.aux_len;
	return 0;
}

static bool attr_visible(int n)
{
	switch (n) {
	case TSM_REPORT_GENERATION:
	case TSM_REPORT_PROVIDER:
		return true;
	case TSM_REPORT_PRIVLEVEL:
	case TSM_REPORT_PRIVLEVEL_FLOOR:
		return !is_tdx;
	}
	return false;
}

static bool bin_attr_visible(int n)
{
	switch (n) {
	case TSM_REPORT_INBLOB:
	case TSM_REPORT_OUTBLOB:
		return true;
	case TSM_REPORT_AUXBLOB:
		return !is_tdx;
	}
	return false;
}

static struct tsm_ops ops = {
	.report_new = report_new,
	.report_attr_visible = attr_visible,
	.report_bin_attr_visible = bin_attr_visible,
};

int fake_tee_tsm_init(bool tdx)
{
	is_tdx = tdx;
	ops.name = tdx ? "tdx_guest" : "sev_guest";
	return tsm_register(&ops, NULL);
}

void fake_tee_tsm_exit(void)
{
	tsm_unregister(&ops);
}
