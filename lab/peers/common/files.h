// The work of `files`, but for how a peer reads and replaces: the file, its offsets, what has to be in it, rounds. The contract is
// ../README.md.
#ifndef GYRE_LAB_FILES_H
#define GYRE_LAB_FILES_H
#include "lab.h"

enum { FILES_MIB = 1024, FILES_REPLACED_BYTES = 4096 };

struct files {
  long depth, piece, ops, size; // reads at a time, bytes of each, of a round, of the file
  bool random;
  int fd;
  char *memory; // depth pieces
  char path[256], directory[200];
  uint64_t seed;
  long cursor, errors;
};

struct files_peer {
  void (*prepare)(struct files *);
  void (*read)(struct files *);    // ops reads at files_next(), each looked at by files_check()
  void (*replace)(struct files *); // ops times: write FILES_REPLACED_BYTES beside, fsync, rename, fsync of the directory
};

static inline long files_next(struct files *f) {
  long pieces = f->size / f->piece;
  return (f->random ? (long)(random_next(&f->seed) % (uint64_t)pieces) : f->cursor++ % pieces) * f->piece;
}

// Every eight bytes of the file are their number.
static inline void files_check(struct files *f, const char *at, long result, long offset) {
  uint64_t first;
  memcpy(&first, at, sizeof first);
  if (result != f->piece || first != (uint64_t)offset / 8) f->errors++;
}

// Whoever comes first makes it, under another name at first, so that nobody finds half of it.
static inline void files_make(struct files *f) {
  struct stat known;
  if (stat(f->path, &known) == 0 && known.st_size == f->size) return;
  char name[300];
  snprintf(name, sizeof name, "%s.%d", f->path, getpid());
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  uint64_t *block = (uint64_t *)malloc(1 << 20), number = 0;
  for (long at = 0; at < f->size; at += 1 << 20) {
    for (int i = 0; i < (1 << 20) / 8; i++) block[i] = number++;
    if (write(fd, block, 1 << 20) != 1 << 20) quit(EXIT_UNSUPPORTED, "no room for %s: %s", name, strerror(errno));
  }
  free(block);
  close(fd);
  if (rename(name, f->path) != 0) quit(EXIT_FAILED, "rename to %s: %s", f->path, strerror(errno));
}

static inline void files_main(const struct files_peer *peer) {
  static struct files f;
  const char *variant = option_text("--variant", "random1");
  const char *home = getenv("TMPDIR");
  snprintf(f.directory, sizeof f.directory, "%s", home && strlen(home) < 150 ? home : "/tmp");
  snprintf(f.path, sizeof f.path, "%s/gyre-lab-files-%d", f.directory, FILES_MIB);
  f.size = (long)FILES_MIB << 20;
  bool replaces = strcmp(variant, "replace") == 0;
  f.random = strncmp(variant, "random", 6) == 0;
  f.depth = strcmp(variant, "random32") == 0 ? 32 : 1;
  f.piece = strcmp(variant, "stream64k") == 0 ? 64 << 10 : strcmp(variant, "stream1m") == 0 ? 1 << 20 : 4096;
  if (!replaces && !f.random && f.piece == 4096) quit(EXIT_USAGE, "--variant %s: there are stream64k, stream1m, random1, random32, replace", variant);
  f.ops = option_long("--ops", 100, 1, 10000000);
  struct rounds rounds = rounds_options();
  options_end();
  f.seed = 42;
  files_make(&f);
  f.fd = open(f.path, O_RDONLY | O_CLOEXEC);
  f.memory = (char *)aligned_alloc(4096, (size_t)(f.depth * f.piece));
  memset(f.memory, 0, (size_t)(f.depth * f.piece));
  peer->prepare(&f);
  void (*run)(struct files *) = replaces ? peer->replace : peer->read;
  for (uint64_t begin = now_nanos(); now_nanos() - begin < rounds.warmup_nanos;) run(&f);
  while (rounds_next(&rounds)) {
    uint64_t cpu = cpu_nanos(), begin = now_nanos();
    run(&f);
    uint64_t elapsed = now_nanos() - begin;
    printf("{\"mode\": \"files\", \"round\": %ld, \"errors\": %ld, \"variant\": \"%s\", \"ops\": %ld, \"elapsedNanos\": %lu, \"cpuNanos\": %lu}\n",
           rounds.done, f.errors, variant, f.ops, (unsigned long)elapsed, (unsigned long)(cpu_nanos() - cpu));
    fflush(stdout);
  }
}
#endif
