// The work of `watch`, but for how a peer learns of changes: the tree, what is made in it, rounds. The contract is ../README.md.
#ifndef GYRE_LAB_WATCHED_H
#define GYRE_LAB_WATCHED_H
#include "lab.h"

struct watched {
  long dirs, ops;
  char root[200];
  long created, deleted, errors; // told since the round began
};

struct watched_peer {
  void (*watch)(struct watched *);            // all of them, before the first round
  void (*run)(struct watched *, long *count); // the loop until *count == ops
};

static inline void watched_directory(const struct watched *w, long i, char *name, size_t size) { snprintf(name, size, "%s/%ld", w->root, i); }

// While nobody reads: what is timed is only how it is told.
static inline void watched_change(struct watched *w, long round, bool creates) {
  char name[300];
  for (long i = 0; i < w->ops; i++) {
    snprintf(name, sizeof name, "%s/%ld/f%ld-%ld", w->root, i * 7919 % w->dirs, round, i);
    if (creates) {
      int fd = open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (fd < 0 || close(fd) != 0) w->errors++;
    } else if (unlink(name) != 0) {
      w->errors++;
    }
  }
}

static inline void watched_main(const struct watched_peer *peer) {
  static struct watched w;
  w.dirs = option_long("--dirs", 1000, 1, 100000);
  w.ops = option_long("--ops", 500, 1, 5000); // no more than the kernel keeps
  struct rounds rounds = rounds_options();
  options_end();
  const char *home = getenv("TMPDIR");
  snprintf(w.root, sizeof w.root, "%s/gyre-lab-watch-XXXXXX", home && strlen(home) < 150 ? home : "/tmp");
  if (!mkdtemp(w.root)) quit(EXIT_FAILED, "%s: %s", w.root, strerror(errno));
  char name[300];
  for (long i = 0; i < w.dirs; i++) {
    watched_directory(&w, i, name, sizeof name);
    if (mkdir(name, 0700) != 0) quit(EXIT_FAILED, "%s: %s", name, strerror(errno));
  }
  peer->watch(&w);
  while (rounds_next(&rounds)) {
    w.created = w.deleted = 0;
    watched_change(&w, rounds.done, true);
    uint64_t cpu = cpu_nanos(), begin = now_nanos();
    peer->run(&w, &w.created);
    uint64_t elapsed = now_nanos() - begin;
    cpu = cpu_nanos() - cpu;
    watched_change(&w, rounds.done, false);
    peer->run(&w, &w.deleted);
    if (w.created != w.ops || w.deleted != w.ops) w.errors++;
    printf("{\"mode\": \"watch\", \"round\": %ld, \"errors\": %ld, \"dirs\": %ld, \"ops\": %ld, \"elapsedNanos\": %lu, \"cpuNanos\": %lu}\n",
           rounds.done, w.errors, w.dirs, w.ops, (unsigned long)elapsed, (unsigned long)cpu);
    fflush(stdout);
  }
  for (long i = 0; i < w.dirs; i++) {
    watched_directory(&w, i, name, sizeof name);
    rmdir(name);
  }
  rmdir(w.root);
}
#endif
