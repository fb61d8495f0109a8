// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of crash hotplug need from within the kernel. To debugfs is written
 *
 *  pattern: "START END PAGES SEED". Takes so many pages of the physical range, and writes
 *	     a pattern to each, which guest/patterns.c looks for in the dump.
 *  crash_at: N. Panics after the Nth store to the ELF header from now on.
 *
 *  stray: N. Writes to the last place of the ELF header that was stored to, by the address
 *	   that all memory has.
 *
 * It also logs how long each event takes in which the header is edited.
 *
 * The module cannot be unloaded, as the pages stay in use.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#define TRIES		100000

static atomic_t stores_left = ATOMIC_INIT(INT_MAX);
static void *last_stored;

static void write_pattern(struct page *page, u64 seed)
{
	u64 *word = page_address(page);
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		word[i] = seed ^ (page_to_phys(page) + i);
}

static ssize_t pattern_write(struct file *filp, const char __user *buf, size_t count,
			     loff_t *pos)
{
	unsigned long long start, end, seed;
	struct page *page;
	unsigned int pages, tries = TRIES;
	LIST_HEAD(others);
	char text[128];

	if (count >= sizeof(text) || copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%llx %llx %u %llx", &start, &end, &pages, &seed) != 4)
		return -EINVAL;
	while (pages && tries--) {
		page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_NOWARN);
		if (!page)
			break;
		if (page_to_phys(page) >= start && page_to_phys(page) < end) {
			write_pattern(page, seed);
			pages--;
		} else {
			list_add(&page->lru, &others);
		}
	}
	while (!list_empty(&others)) {
		page = list_first_entry(&others, struct page, lru);
		list_del(&page->lru);
		__free_page(page);
	}
	return pages ? -ENOMEM : count;
}

static const struct file_operations pattern_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = pattern_write,
};

static int header_stored(struct kprobe *probe, struct pt_regs *regs)
{
	last_stored = (void *)regs_get_kernel_argument(regs, 0);
	if (!atomic_dec_return(&stores_left))
		panic("safestop: crash after a store to the ELF header");
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "crash_header_stored",
	.pre_handler = header_stored,
};

/* How long the kernel takes to edit the header when memory goes online or offline */
static int event_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(u64 *)instance->data = ktime_get_ns();
	return 0;
}

static int event_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	pr_info("event %llu ns\n", ktime_get_ns() - *(u64 *)instance->data);
	return 0;
}

static struct kretprobe event = {
	.kp.symbol_name = "crash_memory_notify",
	.entry_handler = event_begins,
	.handler = event_ends,
	.data_size = sizeof(u64),
};

static int crash_at_set(void *unused, u64 n)
{
	atomic_set(&stores_left, n);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(crash_at_fops, NULL, crash_at_set, "%llu\n");

static int stray_set(void *unused, u64 n)
{
	u32 *word = page_address(vmalloc_to_page(last_stored)) + offset_in_page(last_stored);

	pr_info("stray write\n");
	WRITE_ONCE(*word, n);
	pr_info("the stray write has not been stopped\n");
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stray_fops, NULL, stray_set, "%llu\n");

static int __init oot_hotplug_init(void)
{
	struct dentry *dir = debugfs_create_dir("oot_hotplug", NULL);

	debugfs_create_file("pattern", 0200, dir, NULL, &pattern_fops);
	/* the base has no such function */
	if (!register_kprobe(&probe)) {
		debugfs_create_file("crash_at", 0200, dir, NULL, &crash_at_fops);
		debugfs_create_file("stray", 0200, dir, NULL, &stray_fops);
	}
	register_kretprobe(&event);
	return 0;
}
module_init(oot_hotplug_init);

MODULE_DESCRIPTION("Test what a dump has of memory that comes and goes");
MODULE_LICENSE("GPL");
