// A directory and all below it, watched by inotify: what its events mean, and what is said of them.
#pragma once
#include "tree.h"

enum { WATCH_BUCKETS = 4096, EVENTS_BYTES = 65536 };
enum { MOVE_MILLIS = 50 };  // how long the second event of a move may take

struct watcher {
  const char *root_path;
  struct node *root;
  struct node *watched[WATCH_BUCKETS];  // by their watches
  int inotify;
  unsigned round;
  struct node *moving;  // has left its directory, and may come to another one
  uint32_t moving_cookie;
};

// Watches all, and says so. The descriptor is to be read by the caller; flags are those of inotify_init1.
void watcher_open(struct watcher *watcher, const char *root_path, int flags);

// Takes events as they were read.
void watcher_take(struct watcher *watcher, const char *events, size_t count);

// No event has come for MOVE_MILLIS: what was moving has left the tree.
void watcher_settle(struct watcher *watcher);

// The directory to watch; ends the program if there is none.
const char *parse_directory(int argc, char **argv);
