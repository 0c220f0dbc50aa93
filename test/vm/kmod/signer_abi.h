/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Between attestd_fake_tee.ko and the signer, on /dev/attestd_fake_tee:
 * read() hands out one struct fake_tee_request and waits for it; write() takes one struct
 * fake_tee_reply with out_len and aux_len bytes behind it.
 */
#ifndef ATTESTD_FAKE_TEE_SIGNER_ABI_H
#define ATTESTD_FAKE_TEE_SIGNER_ABI_H

#include <linux/types.h>

#define FAKE_TEE_DEVICE "attestd_fake_tee"
#define FAKE_TEE_MAX_BLOB (32 * 1024)

enum fake_tee_kind {
	FAKE_TEE_SNP_REPORT = 1,
	FAKE_TEE_TDX_QUOTE = 2,
	FAKE_TEE_TDX_REPORT = 3,
};

struct fake_tee_request {
	__u64 id;
	__u32 kind;
	__u32 vmpl;
	__u8 report_data[64];
};

struct fake_tee_reply {
	__u64 id;
	__s32 err;     /* 0, or a positive errno for who asked */
	__u32 out_len; /* report or quote */
	__u32 aux_len; /* SNP: certificate table */
	__u32 pad;
};

#endif
