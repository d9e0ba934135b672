#define _GNU_SOURCE
#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTRIES = 1024, COMPLETIONS = 256, WAIT_MAX_MILLIS = 60000 };

int64_t clock_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void fail(const char *what, int error) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(error));
  exit(1);
}

void ring_open(struct ring *ring) {
  // One thread submits, and the kernel completes requests only while it waits: less work, and no interrupts.
  unsigned flags = IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                   IORING_SETUP_DEFER_TASKRUN;
  int result = io_uring_queue_init(ENTRIES, &ring->uring, flags);
  if (result == -EINVAL) fail("io_uring_setup (it takes Linux 6.1)", EINVAL);
  if (result < 0) fail("io_uring_setup (does the system allow it?)", -result);
}

struct io_uring_sqe *ring_request(struct ring *ring, unsigned count) {
  assert(count > 0 && count <= ENTRIES);
  if (io_uring_sq_space_left(&ring->uring) < count) {
    int result = io_uring_submit(&ring->uring);
    if (result < 0) fail("io_uring_submit", -result);
  }
  struct io_uring_sqe *request = io_uring_get_sqe(&ring->uring);
  if (!request) fail("io_uring_get_sqe", EBUSY);
  return request;
}

void ring_begin(struct io_uring_sqe *request, struct operation *operation) {
  assert(!operation->is_under_way && operation->on_done);
  operation->is_under_way = true;
  io_uring_sqe_set_data(request, operation);
}

// Requests are submitted in their order, so this never meets a later one on a descriptor that is opened with the same number.
void ring_cancel(struct ring *ring, int fd) {
  struct io_uring_sqe *request = ring_request(ring, 1);
  io_uring_prep_cancel_fd(request, fd, IORING_ASYNC_CANCEL_ALL);
  io_uring_sqe_set_data(request, NULL);
}

void ring_wait(struct ring *ring, int64_t millis) {
  if (millis < 0) millis = 0;
  if (millis > WAIT_MAX_MILLIS) millis = WAIT_MAX_MILLIS;
  struct __kernel_timespec left = {.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1000000};
  struct io_uring_cqe *first;
  int result = io_uring_submit_and_wait_timeout(&ring->uring, &first, 1, &left, NULL);
  bool is_passing = result == -ETIME || result == -EINTR ||
                    result == -EAGAIN || result == -EBUSY;  // no memory, or no room until some are taken
  if (result < 0 && !is_passing) fail("io_uring_enter", -result);
}

unsigned ring_dispatch(struct ring *ring) {
  struct io_uring_cqe *cqes[COMPLETIONS];
  unsigned count = io_uring_peek_batch_cqe(&ring->uring, cqes, COMPLETIONS);
  for (unsigned i = 0; i < count; i++) {
    struct operation *operation = io_uring_cqe_get_data(cqes[i]);
    int result = cqes[i]->res;
    uint32_t flags = cqes[i]->flags;
    io_uring_cqe_seen(&ring->uring, cqes[i]);
    if (!operation) continue;  // of a request that nobody waits for
    assert(operation->is_under_way);
    operation->is_under_way = flags & IORING_CQE_F_MORE;
    operation->on_done(operation->owner, result, flags);
  }
  return count;
}

void signals_open(struct signals *signals, struct ring *ring,
                  void (*on_signal)(void *owner, int result, uint32_t flags), void *owner) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask", errno);
  signals->fd = signalfd(-1, &stops, SFD_CLOEXEC);
  if (signals->fd < 0) fail("signalfd", errno);
  signals->reading = (struct operation){.on_done = on_signal, .owner = owner};
  signals_await(signals, ring);
}

void signals_await(struct signals *signals, struct ring *ring) {
  struct io_uring_sqe *request = ring_request(ring, 1);
  io_uring_prep_read(request, signals->fd, &signals->info, sizeof signals->info, 0);
  ring_begin(request, &signals->reading);
}
