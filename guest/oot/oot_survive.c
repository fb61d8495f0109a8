// SPDX-License-Identifier: GPL-2.0-only
/*
 * The series' test_panic_notifiers for the base, which has only one list: to see
 * what the base makes of the same failures.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/panic_notifier.h>

#define panic_hypervisor_list	panic_notifier_list
#define panic_info_list		panic_notifier_list
#define panic_pre_reboot_list	panic_notifier_list
#define panic_post_reboot_list	panic_notifier_list

#include "../../tree/lib/test_panic_notifiers.c"
