/* Keeps direct writes through io_uring in flight on a file until /tmp/stop appears. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH 16
#define BLOCK 65536

int main(int argc, char **argv)
{
	struct io_uring_params p = { 0 };
	unsigned int *tail, *mask, *array;
	int ring, file, i, n;
	struct io_uring_sqe *sqes;
	char *sq, *cq, *data;

	if (argc != 2)
		errx(1, "a file");
	file = open(argv[1], O_RDWR | O_CREAT | O_DIRECT, 0600);
	if (file < 0 || posix_memalign((void **)&data, BLOCK, BLOCK) || posix_fallocate(file, 0, DEPTH * BLOCK))
		err(1, "%s", argv[1]);
	ring = syscall(SYS_io_uring_setup, DEPTH, &p);
	if (ring < 0)
		err(1, "io_uring_setup");
	sq = mmap(NULL, p.sq_off.array + DEPTH * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
	sqes = mmap(NULL, DEPTH * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED)
		err(1, "mmap");
	tail = (unsigned int *)(sq + p.sq_off.tail);
	mask = (unsigned int *)(sq + p.sq_off.ring_mask);
	array = (unsigned int *)(sq + p.sq_off.array);
	memset(data, 0x5a, BLOCK);
	while (access("/tmp/stop", F_OK)) {
		unsigned int *head = (unsigned int *)(cq + p.cq_off.head), *end = (unsigned int *)(cq + p.cq_off.tail);
		struct io_uring_cqe *cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);

		for (i = 0; i < DEPTH; i++) {
			struct io_uring_sqe *sqe = &sqes[(*tail + i) & *mask];

			memset(sqe, 0, sizeof(*sqe));
			sqe->opcode = IORING_OP_WRITE;
			sqe->fd = file;
			sqe->addr = (unsigned long)data;
			sqe->len = BLOCK;
			sqe->off = i * BLOCK;
			array[(*tail + i) & *mask] = (*tail + i) & *mask;
		}
		__atomic_store_n(tail, *tail + DEPTH, __ATOMIC_RELEASE);
		if (syscall(SYS_io_uring_enter, ring, DEPTH, 0, 0, NULL, 0) != DEPTH)
			err(1, "io_uring_enter");
		for (n = 0; n < DEPTH; n++) {
			while (*head == __atomic_load_n(end, __ATOMIC_ACQUIRE))
				syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
			if (cqes[*head & (p.cq_entries - 1)].res != BLOCK)
				errx(1, "a write has failed: %d", cqes[*head & (p.cq_entries - 1)].res);
			__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
		}
	}
	return 0;
}
