// One inotify descriptor, read on the ring into 16 KiB, and an array from the kernel's numbers to names, so that each event has its path.
#include "../common/watched.h"
#include "c-uring.h"
#include <sys/inotify.h>

static struct ring ring;
static int descriptor;
static char (*names)[300];
static int names_count;
static char buffer[16384] __attribute__((aligned(8)));
static char path[600];

static void ask(void) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_READ, descriptor, 0);
  sqe->addr = (uint64_t)(uintptr_t)buffer;
  sqe->len = sizeof buffer;
  sqe->off = (uint64_t)-1;
}

static void watch(struct watched *w) {
  ring_open_or_quit(&ring, 64, 128);
  descriptor = inotify_init1(IN_CLOEXEC);
  if (descriptor < 0) quit(EXIT_UNSUPPORTED, "no inotify: %s", strerror(errno));
  names_count = (int)w->dirs + 2;
  names = calloc((size_t)names_count, sizeof *names);
  char name[300];
  for (long i = 0; i < w->dirs; i++) {
    watched_directory(w, i, name, sizeof name);
    int watch = inotify_add_watch(descriptor, name, IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF);
    if (watch < 0 || watch >= names_count) quit(EXIT_UNSUPPORTED, "no watch for %s: %s", name, strerror(errno));
    memcpy(names[watch], name, sizeof name);
  }
  ask();
}

static void run(struct watched *w, long *count) {
  while (*count < w->ops) {
    ring_enter(&ring, 1, -1);
    unsigned head = ring_head(&ring), tail = ring_tail(&ring);
    if (head == tail) continue;
    int length = ring_cqe(&ring, head)->res;
    ring_seen(&ring, tail);
    for (int at = 0; at < length;) {
      struct inotify_event *event = (struct inotify_event *)(buffer + at);
      at += (int)(sizeof *event + event->len);
      if (event->wd < 1 || event->wd >= names_count || !event->len) {
        w->errors++;
        continue;
      }
      snprintf(path, sizeof path, "%s/%s", names[event->wd], event->name);
      if (event->mask & IN_CREATE) w->created++;
      if (event->mask & IN_DELETE) w->deleted++;
    }
    ask();
  }
}

void uring_watch_main(void) {
  static const struct watched_peer peer = {watch, run};
  watched_main(&peer);
}
