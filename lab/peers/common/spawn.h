// The work of `spawn`: so many children at once, each of which does nothing, until all have ended. The contract is ../README.md.
#ifndef GYRE_LAB_SPAWN_H
#define GYRE_LAB_SPAWN_H
#include "lab.h"
#include <spawn.h>
#include <sys/wait.h>

struct spawns {
  long at_once;
  long errors;
};

// `run` starts `at_once` children with nothing to read and to write, and returns when all have ended with 0; what did not counts as an error.
static inline void spawn_main(void (*prepare)(struct spawns *), void (*run)(struct spawns *)) {
  static struct spawns s;
  struct samples samples;
  s.at_once = option_long("--at-once", 8, 1, 1000);
  struct rounds rounds = rounds_options();
  options_end();
  need_descriptors(4 * s.at_once);
  prepare(&s);
  for (rounds.done = -1;;) {
    memset(&samples, 0, sizeof samples);
    uint64_t nanos = rounds.done < 0 ? rounds.warmup_nanos : rounds.round_nanos, first = now_nanos();
    while (samples.runs < 3 || now_nanos() - first < nanos) {
      uint64_t cpu = cpu_nanos(), begin = now_nanos();
      run(&s);
      samples.elapsed += now_nanos() - begin;
      samples.cpu += cpu_nanos() - cpu;
      samples.runs++;
      samples.events += s.at_once;
    }
    if (rounds.done >= 0) {
      printf("{\"mode\": \"spawn\", \"round\": %ld, \"errors\": %ld, \"atOnce\": %ld", rounds.done, s.errors, s.at_once);
      samples_print(&samples);
    }
    if (!rounds_next(&rounds)) return;
  }
}

// The least that a program can do: posix_spawn, then waitpid for each.
static posix_spawn_file_actions_t spawn_actions;

static inline void spawn_plain_prepare(struct spawns *s) {
  (void)s;
  posix_spawn_file_actions_init(&spawn_actions);
  posix_spawn_file_actions_addopen(&spawn_actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&spawn_actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn_actions, 1, 2);
}

static inline void spawn_plain_run(struct spawns *s) {
  extern char **environ;
  char *words[] = {(char *)"/bin/true", NULL};
  pid_t children[1000];
  for (long i = 0; i < s->at_once; i++)
    if (posix_spawn(&children[i], words[0], &spawn_actions, NULL, words, environ) != 0) quit(EXIT_FAILED, "cannot start %s", words[0]);
  for (long i = 0; i < s->at_once; i++) {
    int status;
    if (waitpid(children[i], &status, 0) != children[i] || status != 0) s->errors++;
  }
}

static inline void spawn_plain_main(void) { spawn_main(spawn_plain_prepare, spawn_plain_run); }
#endif
