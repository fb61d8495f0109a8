// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is in the midst of a write to a file for some seconds or until it is told to
 * stop, as a balance of btrfs is, or a task that copies from NFS.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/module.h>

static char *path = "";
module_param(path, charp, 0444);
static int seconds = 1;
module_param(seconds, int, 0444);
static bool stop;
module_param(stop, bool, 0644);
static bool done;
module_param(done, bool, 0444);

static int write_slowly(void *data)
{
	struct file *file = data;
	int i;

	file_start_write(file);
	for (i = 0; i < seconds * 10 && !READ_ONCE(stop); i++)
		msleep(100);
	file_end_write(file);
	fput(file);
	done = true;
	return 0;
}

static int __init oot_writer_init(void)
{
	struct file *file = filp_open(path, O_RDWR | O_CREAT, 0644);
	struct task_struct *task;

	if (IS_ERR(file))
		return PTR_ERR(file);
	task = kthread_run(write_slowly, file, "oot_writer");
	if (IS_ERR(task))
		fput(file);
	return PTR_ERR_OR_ZERO(task);
}
module_init(oot_writer_init);

MODULE_DESCRIPTION("Is in the midst of a write for some seconds");
MODULE_LICENSE("GPL");
