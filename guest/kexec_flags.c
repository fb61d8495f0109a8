// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's kexec does not know newer flags yet. With this in LD_PRELOAD, it asks kexec_file_load(2) for the devicetree, and
 * loads a crash kernel by kexec_load(2) with KEXEC_UPDATE_ELFCOREHDR. For the latter, it has to be called with --no-checks, as a newer one leaves the ELF header out of the digest.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

#define KEXEC_ON_CRASH 1
#define KEXEC_UPDATE_ELFCOREHDR 4
#define KEXEC_FILE_FORCE_DTB 0x20

long syscall(long number, ...)
{
	long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_kexec_load && a[3] & KEXEC_ON_CRASH)
		a[3] |= KEXEC_UPDATE_ELFCOREHDR;
	if (number == SYS_kexec_file_load)
		a[4] |= KEXEC_FILE_FORCE_DTB;
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
