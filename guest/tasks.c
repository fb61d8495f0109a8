/*
 * What the tasks do that a sleep has to do with:
 *   tasks flusher COMMAND...   runs a command that has said that it serves: PR_SET_IO_FLUSHER
 *   tasks shutdown DIRECTORY   shuts a filesystem down, with ext4's, f2fs's and xfs's ioctl
 *   tasks refreeze DIRECTORY   freezes and thaws a filesystem until there is /tmp/stop, and says how often
 *   tasks permission DIRECTORY lets others open files of this mount, each after 20 ms, until there is /tmp/stop; it serves
 *   tasks append FILE          writes a line to the end of a file until there is /tmp/stop, in four tasks that share the file
 */
#include <err.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif
#define GOINGDOWN _IOR('X', 125, uint32_t)

static void shut_down(const char *directory)
{
	/* neither data nor log are written */
	uint32_t flags = 2;
	int fd = open(directory, O_RDONLY);

	if (fd < 0 || ioctl(fd, GOINGDOWN, &flags))
		err(1, "%s", directory);
}

static void refreeze(const char *directory)
{
	int fd = open(directory, O_RDONLY), times = 0;

	if (fd < 0)
		err(1, "%s", directory);
	while (access("/tmp/stop", F_OK)) {
		if (ioctl(fd, FIFREEZE, 0) || ioctl(fd, FITHAW, 0))
			err(1, "%s", directory);
		times++;
	}
	printf("%d\n", times);
}

static void permit(const char *directory)
{
	int group = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
	struct fanotify_event_metadata event;
	struct fanotify_response response;
	FILE *ready;

	if (group < 0 || fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, directory))
		err(1, "%s", directory);
	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
		err(1, "PR_SET_IO_FLUSHER");
	ready = fopen("/tmp/listens", "w");
	if (!ready || fclose(ready))
		err(1, "/tmp/listens");
	while (access("/tmp/stop", F_OK)) {
		/* the buffer has room for one */
		if (read(group, &event, sizeof(event)) != sizeof(event))
			err(1, "fanotify");
		usleep(20000);
		response.fd = event.fd;
		response.response = FAN_ALLOW;
		if (write(group, &response, sizeof(response)) != sizeof(response))
			err(1, "fanotify");
		close(event.fd);
	}
}

static void append(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT, 0600), i;

	if (fd < 0)
		err(1, "%s", file);
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		while (access("/tmp/stop", F_OK)) {
			/* the position, too, is behind a lock that they share */
			if (write(fd, "a line\n", 7) != 7)
				err(1, "%s", file);
			if (lseek(fd, 0, SEEK_CUR) > 1 << 20)
				lseek(fd, 0, SEEK_SET);
		}
		_exit(0);
	}
	while (wait(&i) > 0)
		if (i)
			errx(1, "a writer has failed");
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "shutdown")) {
		shut_down(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "refreeze")) {
		refreeze(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "permission")) {
		permit(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "append")) {
		append(argv[2]);
	} else if (argc > 2 && !strcmp(argv[1], "flusher")) {
		if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
			err(1, "PR_SET_IO_FLUSHER");
		execvp(argv[2], argv + 2);
		err(1, "%s", argv[2]);
	} else {
		errx(1, "flusher, shutdown, refreeze, permission or append");
	}
	return 0;
}
