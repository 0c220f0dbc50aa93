// SPDX-License-Identifier: GPL-2.0-only
/* /dev/sev-guest with the ioctls of <linux/sev-guest.h> that give reports. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sev-guest.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fake_tee.h"

#define CERTS_MAX 0x4000      /* the driver's SEV_FW_BLOB_MAX_SIZE */
#define NO_FIRMWARE_CALL 0xff /* what the driver answers before it asked the firmware */
#define FIRMWARE_INVALID_PARAM 0x16
#define MAX_VMPL 3
/* MSG_REPORT_RSP: u32 status, u32 size, 24 reserved bytes, the report. */
#define REPORT_OFFSET 32

static int copy_request(const struct snp_guest_request_ioctl *io, bool ext,
			struct snp_ext_report_req *request)
{
	if (!io->req_data || !io->resp_data)
		return -EINVAL;
	if (copy_from_user(request, (void __user *)io->req_data,
			   ext ? sizeof(*request) : sizeof(request->data)))
		return -EFAULT;
	/* Who asks for the length only gives no buffer. */
	if (!ext || !request->certs_len || !request->certs_address) {
		request->certs_len = 0;
		return 0;
	}
	if (request->certs_len > CERTS_MAX || !IS_ALIGNED(request->certs_len, PAGE_SIZE))
		return -EINVAL;
	return 0;
}

static int copy_report(const struct snp_guest_request_ioctl *io, const struct fake_tee_blobs *blobs)
{
	struct snp_report_resp *response;
	int rc = 0;

	if (blobs->out_len > sizeof(response->data) - REPORT_OFFSET)
		return -EIO;
	response = kzalloc(sizeof(*response), GFP_KERNEL);
	if (!response)
		return -ENOMEM;
	memcpy(response->data + sizeof(u32), &blobs->out_len, sizeof(u32));
	if (blobs->out_len)
		memcpy(response->data + REPORT_OFFSET, blobs->out, blobs->out_len);
	if (copy_to_user((void __user *)io->resp_data, response, sizeof(*response)))
		rc = -EFAULT;
	kfree(response);
	return rc;
}

static int copy_certs(const struct snp_ext_report_req *request, const struct fake_tee_blobs *blobs)
{
	char __user *to = (char __user *)request->certs_address;

	if (!blobs->aux_len)
		return 0;
	if (copy_to_user(to, blobs->aux, blobs->aux_len) ||
	    clear_user(to + blobs->aux_len, request->certs_len - blobs->aux_len))
		return -EFAULT;
	return 0;
}

static int get_report(struct snp_guest_request_ioctl *io, bool ext)
{
	struct snp_ext_report_req request = {};
	struct fake_tee_blobs blobs = {};
	u32 need;
	int rc;

	rc = copy_request(io, ext, &request);
	if (rc)
		return rc;
	if (request.data.vmpl > MAX_VMPL) {
		io->exitinfo2 = FIRMWARE_INVALID_PARAM;
		return -EIO;
	}
	rc = fake_tee_ask(FAKE_TEE_SNP_REPORT, request.data.vmpl, request.data.user_data, &blobs);
	if (rc)
		return rc;
	io->exitinfo2 = 0;
	need = ext ? PAGE_ALIGN(blobs.aux_len) : 0;
	if (need > request.certs_len) {
		/* The host has more pages of certificates: it says how many, and gives no report.
		 */
		request.certs_len = need;
		io->exitinfo2 = SNP_GUEST_VMM_ERR(SNP_GUEST_VMM_ERR_INVALID_LEN);
		rc = copy_to_user((void __user *)io->req_data, &request, sizeof(request)) ? -EFAULT
											  : -EIO;
	} else {
		if (ext)
			rc = copy_certs(&request, &blobs);
		if (!rc)
			rc = copy_report(io, &blobs);
	}
	fake_tee_free(&blobs);
	return rc;
}

static long sev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	static DEFINE_MUTEX(command_lock); /* as the driver's snp_cmd_mutex */
	struct snp_guest_request_ioctl io;
	long rc = -ENOTTY;

	if (copy_from_user(&io, (void __user *)arg, sizeof(io)))
		return -EFAULT;
	io.exitinfo2 = NO_FIRMWARE_CALL;
	if (!io.msg_version)
		return -EINVAL;
	mutex_lock(&command_lock);
	if (cmd == SNP_GET_REPORT || cmd == SNP_GET_EXT_REPORT)
		rc = get_report(&io, cmd == SNP_GET_EXT_REPORT);
	mutex_unlock(&command_lock);
	if (io.exitinfo2 && copy_to_user((void __user *)arg, &io, sizeof(io)))
		return -EFAULT;
	return rc;
}

static const struct file_operations sev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = sev_ioctl,
};

static struct miscdevice sev_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sev-guest",
	.fops = &sev_fops,
};

int fake_tee_sev_init(void)
{
	return misc_register(&sev_device);
}

void fake_tee_sev_exit(void)
{
	misc_deregister(&sev_device);
}
