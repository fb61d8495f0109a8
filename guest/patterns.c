// SPDX-License-Identifier: GPL-2.0-only
/*
 * patterns FILE SEED: how many pages in a dump hold the pattern of guest/oot/oot_hotplug.c, whole and where it was
 * written. FILE is an ELF core, as /proc/vmcore is.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t page[512];

static int holds_pattern(int fd, uint64_t offset, uint64_t address, uint64_t seed)
{
	if (pread(fd, page, sizeof(page[0]), offset) != sizeof(page[0]) || page[0] != (seed ^ address))
		return 0;
	if (pread(fd, page, sizeof(page), offset) != sizeof(page))
		return 0;
	for (unsigned int i = 0; i < 512; i++)
		if (page[i] != (seed ^ (address + i)))
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	uint64_t seed, offset, found = 0;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;

	if (fd < 0 || pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		err(1, "patterns FILE SEED");
	seed = strtoull(argv[2], NULL, 16);
	for (unsigned int i = 0; i < ehdr.e_phnum; i++) {
		if (pread(fd, &phdr, sizeof(phdr), ehdr.e_phoff + i * sizeof(phdr)) != sizeof(phdr))
			err(1, "%s: program header %u", argv[1], i);
		if (phdr.p_type != PT_LOAD)
			continue;
		for (offset = 0; offset < phdr.p_filesz; offset += sizeof(page))
			found += holds_pattern(fd, phdr.p_offset + offset, phdr.p_paddr + offset, seed);
	}
	printf("%llu\n", (unsigned long long)found);
	return 0;
}
