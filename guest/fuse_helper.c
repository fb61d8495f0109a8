/*
 * A FUSE server that has a helper, as sshfs has ssh:
 *   fuse_helper BACK DIRECTORY
 * It mounts a filesystem with the files 0 to 7 on a directory. What is in them the helper keeps, in files of these names in
 * another directory. The helper says that it serves, by PR_SET_IO_FLUSHER; the server itself is known by what it reads.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif
#define FILES 8
#define FIRST 2			/* the node of the first file; the root is 1 */
#define MAX (64 << 10)		/* bytes of a write or a read */

enum { SIZE, TRUNCATE, READ, WRITE };

struct call {
	int what, file;
	uint64_t offset;
	uint32_t length;
	char data[MAX];
};

struct answer {
	int64_t result;
	char data[MAX];
};

static struct call call;
static struct answer answer;
static int helper;

static int64_t carry_out(int fd)
{
	struct stat st;

	switch (call.what) {
	case SIZE:
		return fstat(fd, &st) ? -errno : st.st_size;
	case TRUNCATE:
		return ftruncate(fd, call.offset) ? -errno : 0;
	case READ:
		return pread(fd, answer.data, call.length, call.offset);
	default:
		return pwrite(fd, call.data, call.length, call.offset);
	}
}

static void help(const char *back, int server)
{
	int fds[FILES], i;
	char name[4096];

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%s/%d", back, i);
		fds[i] = open(name, O_RDWR | O_CREAT, 0600);
		if (fds[i] < 0)
			err(1, "%s", name);
	}
	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
		err(1, "PR_SET_IO_FLUSHER");
	while (recv(server, &call, sizeof(call), 0) > 0) {
		answer.result = carry_out(fds[call.file]);
		send(server, &answer, sizeof(answer.result) +
		     (call.what == READ && answer.result > 0 ? answer.result : 0), 0);
	}
	_exit(0);
}

static int64_t ask(int what, uint64_t node, uint64_t offset, uint32_t length, const void *data)
{
	call.what = what;
	call.file = node - FIRST;
	call.offset = offset;
	call.length = length;
	if (data)
		memcpy(call.data, data, length);
	if (send(helper, &call, offsetof(struct call, data) + (data ? length : 0), 0) < 0 ||
	    recv(helper, &answer, sizeof(answer), 0) <= 0)
		return -EIO;
	return answer.result;
}

static void fill_attr(struct fuse_attr *attr, uint64_t node)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = node;
	attr->nlink = 1;
	attr->blksize = 4096;
	attr->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
	if (node != FUSE_ROOT_ID)
		attr->size = ask(SIZE, node, 0, 0, NULL);
}

static void reply(int fuse, uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header head = { sizeof(head) + size, error, unique };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)data, size } };

	/* ENOENT: nobody waits any more */
	if (writev(fuse, parts, 2) < 0 && errno != ENOENT)
		err(1, "reply");
}

static void serve_one(int fuse, struct fuse_in_header *in)
{
	void *arg = in + 1;
	union {
		struct fuse_init_out init;
		struct fuse_entry_out entry;
		struct fuse_attr_out attr;
		struct fuse_open_out open;
		struct fuse_write_out write;
		struct fuse_statfs_out statfs;
	} out = { 0 };
	int64_t n;

	switch (in->opcode) {
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_INIT:
		out.init.major = 7;
		out.init.minor = 31;
		out.init.flags = FUSE_BIG_WRITES;
		out.init.max_write = MAX;
		out.init.max_readahead = MAX;
		out.init.max_background = 12;
		out.init.congestion_threshold = 9;
		return reply(fuse, in->unique, 0, &out.init, sizeof(out.init));
	case FUSE_LOOKUP: {
		const char *name = arg;

		if (name[0] < '0' || name[0] >= '0' + FILES || name[1])
			return reply(fuse, in->unique, -ENOENT, NULL, 0);
		out.entry.nodeid = FIRST + name[0] - '0';
		fill_attr(&out.entry.attr, out.entry.nodeid);
		return reply(fuse, in->unique, 0, &out.entry, sizeof(out.entry));
	}
	case FUSE_SETATTR: {
		struct fuse_setattr_in *set = arg;

		if (set->valid & FATTR_SIZE)
			ask(TRUNCATE, in->nodeid, set->size, 0, NULL);
	}
		/* fall through */
	case FUSE_GETATTR:
		fill_attr(&out.attr.attr, in->nodeid);
		return reply(fuse, in->unique, 0, &out.attr, sizeof(out.attr));
	case FUSE_OPEN:
		return reply(fuse, in->unique, 0, &out.open, sizeof(out.open));
	case FUSE_READ: {
		struct fuse_read_in *read = arg;

		n = ask(READ, in->nodeid, read->offset, read->size, NULL);
		return reply(fuse, in->unique, n < 0 ? n : 0, answer.data, n < 0 ? 0 : n);
	}
	case FUSE_WRITE: {
		struct fuse_write_in *write = arg;

		n = ask(WRITE, in->nodeid, write->offset, write->size, write + 1);
		out.write.size = n;
		return reply(fuse, in->unique, n < 0 ? n : 0, &out.write, n < 0 ? 0 : sizeof(out.write));
	}
	case FUSE_STATFS:
		return reply(fuse, in->unique, 0, &out.statfs, sizeof(out.statfs));
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_RELEASE:
		return reply(fuse, in->unique, 0, NULL, 0);
	default:
		return reply(fuse, in->unique, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static char request[MAX + 8192];
	int ends[2], fuse = open("/dev/fuse", O_RDWR);
	char options[100];
	ssize_t n;

	if (argc != 3)
		errx(1, "a directory of the helper, and one to mount on");
	if (fuse < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		err(1, "/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (mount("fuse_helper", argv[2], "fuse", 0, options))
		err(1, "%s", argv[2]);
	if (daemon(1, 1))
		err(1, "daemon");
	helper = ends[0];
	if (!fork()) {
		close(ends[0]);
		close(fuse);
		help(argv[1], ends[1]);
	}
	close(ends[1]);
	while ((n = read(fuse, request, sizeof(request))) > 0 || errno == ENOENT || errno == EINTR)
		if (n > 0)
			serve_one(fuse, (struct fuse_in_header *)request);
	return 0;
}
