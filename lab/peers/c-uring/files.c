// Reads on the ring, as many at a time as the work says. A replacement is one operation after the other, each on the ring.
#include "../common/files.h"
#include "c-uring.h"

static struct ring ring;
static long *offsets;
static char content[FILES_REPLACED_BYTES];

static void prepare(struct files *f) {
  ring_open_or_quit(&ring, 256, 512);
  offsets = calloc((size_t)f->depth, sizeof *offsets);
}

static void ask(struct files *f, long slot) {
  offsets[slot] = files_next(f);
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_READ, f->fd, (uint64_t)slot);
  sqe->addr = (uint64_t)(uintptr_t)(f->memory + slot * f->piece);
  sqe->len = (unsigned)f->piece;
  sqe->off = (uint64_t)offsets[slot];
}

static void read_all(struct files *f) {
  long asked = 0, done = 0;
  while (asked < f->depth && asked < f->ops) ask(f, asked++);
  while (done < f->ops) {
    ring_enter(&ring, 1, -1);
    unsigned head = ring_head(&ring), tail = ring_tail(&ring);
    for (; head != tail; head++) {
      struct io_uring_cqe *cqe = ring_cqe(&ring, head);
      long slot = (long)cqe->user_data;
      files_check(f, f->memory + slot * f->piece, cqe->res, offsets[slot]);
      done++;
      if (asked < f->ops) {
        ask(f, slot);
        asked++;
      }
    }
    ring_seen(&ring, tail);
  }
}

static int wait_one(void) {
  ring_enter(&ring, 1, -1);
  unsigned head = ring_head(&ring);
  int result = ring_cqe(&ring, head)->res;
  ring_seen(&ring, head + 1);
  return result;
}
static int open_file(const char *path, int flags) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_OPENAT, AT_FDCWD, 0);
  sqe->addr = (uint64_t)(uintptr_t)path;
  sqe->open_flags = (unsigned)flags | O_CLOEXEC;
  sqe->len = 0600;
  return wait_one();
}
static int simple(uint8_t opcode, int fd) {
  ring_sqe(&ring, opcode, fd, 0);
  return wait_one();
}

static void replace(struct files *f) {
  char name[300], temporary[310];
  snprintf(name, sizeof name, "%s/gyre-lab-replaced-%d", f->directory, getpid());
  snprintf(temporary, sizeof temporary, "%s.tmp", name);
  for (long i = 0; i < f->ops; i++) {
    int directory = open_file(f->directory, O_RDONLY | O_DIRECTORY);
    int fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL);
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_WRITE, fd, 0);
    sqe->addr = (uint64_t)(uintptr_t)content;
    sqe->len = sizeof content;
    bool wrong = wait_one() != sizeof content;
    wrong |= simple(IORING_OP_FSYNC, fd) != 0 || simple(IORING_OP_CLOSE, fd) != 0;
    sqe = ring_sqe(&ring, IORING_OP_RENAMEAT, AT_FDCWD, 0);
    sqe->addr = (uint64_t)(uintptr_t)temporary;
    sqe->len = (unsigned)AT_FDCWD;
    sqe->off = (uint64_t)(uintptr_t)name;
    wrong |= wait_one() != 0;
    wrong |= simple(IORING_OP_FSYNC, directory) != 0 || simple(IORING_OP_CLOSE, directory) != 0;
    if (wrong || fd < 0 || directory < 0) f->errors++;
  }
  unlink(name);
}

void uring_files_main(void) {
  static const struct files_peer peer = {prepare, read_all, replace};
  files_main(&peer);
}
