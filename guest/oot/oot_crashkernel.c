// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stray write through the linear map, to the physical address that is written
 * to debugfs. If it faults, that kills the writer and nothing else.
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/module.h>

static struct dentry *file;

static ssize_t oot_crashkernel_write(struct file *filp, const char __user *buf,
				     size_t count, loff_t *pos)
{
	unsigned long address;
	u8 *byte;
	int ret;

	ret = kstrtoul_from_user(buf, count, 0, &address);
	if (ret)
		return ret;
	byte = phys_to_virt(address);
	WRITE_ONCE(*byte, READ_ONCE(*byte));
	return count;
}

static const struct file_operations oot_crashkernel_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = oot_crashkernel_write,
};

static int __init oot_crashkernel_init(void)
{
	file = debugfs_create_file("oot_crashkernel", 0200, NULL, NULL,
				   &oot_crashkernel_fops);
	return 0;
}
module_init(oot_crashkernel_init);

static void __exit oot_crashkernel_exit(void)
{
	debugfs_remove(file);
}
module_exit(oot_crashkernel_exit);

MODULE_DESCRIPTION("Test that what is loaded for the crash kernel is protected");
MODULE_LICENSE("GPL");
