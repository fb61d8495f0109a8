/*
 * What s2disk and resume do with /dev/snapshot, with the image on a disk of its own:
 *   snapshot save DISK      makes an image and restarts the machine; comes back when that image is restored
 *   snapshot restore DISK   restores the image
 *   snapshot rewrite DISK   makes an image, but writes all that is on DISK to where it is instead, and drops the image
 *   snapshot crash          freezes all, and crashes
 *   snapshot exit FILE      freezes all and ends, with this file open, which is deleted; or is killed:
 *   snapshot kill FILE
 */
#include <err.h>
#include <fcntl.h>
#include <linux/suspend_ioctls.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#define PAGE 4096

static char buffer[PAGE];

static void save(int disk)
{
	int in_suspend, snapshot = open("/dev/snapshot", O_RDONLY);
	uint64_t pages = 0;
	ssize_t n;

	if (snapshot < 0 || ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	if (ioctl(snapshot, SNAPSHOT_CREATE_IMAGE, &in_suspend))
		err(1, "SNAPSHOT_CREATE_IMAGE");
	if (!in_suspend) {
		if (ioctl(snapshot, SNAPSHOT_UNFREEZE))
			err(1, "SNAPSHOT_UNFREEZE");
		return;
	}
	while ((n = read(snapshot, buffer, PAGE)) > 0)
		if (pwrite(disk, buffer, PAGE, ++pages * PAGE) != PAGE)
			err(1, "write");
	if (n < 0)
		err(1, "read");
	memset(buffer, 0, PAGE);
	memcpy(buffer, &pages, sizeof(pages));
	if (pwrite(disk, buffer, PAGE, 0) != PAGE || fsync(disk))
		err(1, "write");
	reboot(RB_AUTOBOOT);
}

static void rewrite(int disk)
{
	int in_suspend, snapshot = open("/dev/snapshot", O_RDONLY);
	uint64_t page;

	if (snapshot < 0 || ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	if (ioctl(snapshot, SNAPSHOT_CREATE_IMAGE, &in_suspend))
		err(1, "SNAPSHOT_CREATE_IMAGE");
	for (page = 0; pread(disk, buffer, PAGE, page * PAGE) == PAGE; page++)
		if (pwrite(disk, buffer, PAGE, page * PAGE) != PAGE)
			err(1, "write");
	if (fsync(disk))
		err(1, "fsync");
	if (ioctl(snapshot, SNAPSHOT_FREE) || ioctl(snapshot, SNAPSHOT_UNFREEZE))
		err(1, "SNAPSHOT_UNFREEZE");
}

static void restore(int disk)
{
	uint64_t pages, page;
	int snapshot;

	if (pread(disk, &pages, sizeof(pages), 0) != sizeof(pages))
		err(1, "read");
	if (!pages)
		errx(1, "no image");
	snapshot = open("/dev/snapshot", O_WRONLY);
	if (snapshot < 0)
		err(1, "/dev/snapshot");
	for (page = 1; page <= pages; page++)
		if (pread(disk, buffer, PAGE, page * PAGE) != PAGE || write(snapshot, buffer, PAGE) != PAGE)
			err(1, "page %llu", (unsigned long long)page);
	if (ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	ioctl(snapshot, SNAPSHOT_ATOMIC_RESTORE);
	err(1, "SNAPSHOT_ATOMIC_RESTORE");
}

/* All is frozen from here on. */
static void make_image(int snapshot)
{
	int in_suspend;

	if (ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	if (ioctl(snapshot, SNAPSHOT_CREATE_IMAGE, &in_suspend))
		err(1, "SNAPSHOT_CREATE_IMAGE");
}

static void crash(void)
{
	int snapshot = open("/dev/snapshot", O_RDONLY);

	if (snapshot < 0)
		err(1, "/dev/snapshot");
	make_image(snapshot);
	abort();
}

static void end(const char *how, const char *file)
{
	int snapshot = open("/dev/snapshot", O_RDONLY), deleted = open(file, O_RDWR | O_CREAT, 0600);

	if (snapshot < 0 || deleted < snapshot || write(deleted, buffer, PAGE) != PAGE || unlink(file))
		err(1, "%s", file);
	make_image(snapshot);
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	_exit(0);
}

int main(int argc, char **argv)
{
	int disk;

	if (argc == 2 && !strcmp(argv[1], "crash"))
		crash();
	if (argc == 3 && (!strcmp(argv[1], "exit") || !strcmp(argv[1], "kill")))
		end(argv[1], argv[2]);
	if (argc != 3)
		errx(1, "save, rewrite or restore, and a disk; crash; exit or kill, and a file");
	disk = open(argv[2], O_RDWR);
	if (disk < 0 || mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "%s", argv[2]);
	if (!strcmp(argv[1], "save"))
		save(disk);
	else if (!strcmp(argv[1], "rewrite"))
		rewrite(disk);
	else
		restore(disk);
	return 0;
}
