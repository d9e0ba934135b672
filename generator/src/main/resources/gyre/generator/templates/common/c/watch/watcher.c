#define _GNU_SOURCE
#include "watcher.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static const uint32_t MASK = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
                             IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

static void fail(const char *what) {
  const char *advice = "";
  if (errno == ENOSPC) advice = ": raise fs.inotify.max_user_watches";
  if (errno == EMFILE) advice = ": raise fs.inotify.max_user_instances, or the limit of descriptors";
  fprintf(stderr, "{{name}}: %s: %s%s\n", what, strerror(errno), advice);
  exit(1);
}

// ---- what is said

// A line feed in a name must not look like another line.
static void print_escaped(const char *text) {
  for (; *text; text++) {
    if (*text == '\n') fputs("\\n", stdout);
    else if (*text == '\\') fputs("\\\\", stdout);
    else putchar(*text);
  }
}

static void say(const char *what, const struct node *node) {
  char *path = node_path(node);
  if (!path) fail("malloc");
  printf("%s ", what);
  print_escaped(path);
  putchar('\n');
  free(path);
}

// Whoever reads may have left, as head does: then there is nobody to tell, and as a rule SIGPIPE has ended us by now.
static void flush_output(void) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  if (errno == EPIPE) exit(0);
  fprintf(stderr, "{{name}}: write: %s\n", errno ? strerror(errno) : "some of the output is lost");
  exit(1);
}

// ---- watching

static struct node **bucket(struct watcher *w, int watch) {
  return &w->watched[(unsigned)watch % WATCH_BUCKETS];
}

static struct node *by_watch(struct watcher *w, int watch) {
  struct node *node = *bucket(w, watch);
  while (node && node->watch != watch) node = node->next_watched;
  return node;
}

static void forget_watch(struct watcher *w, struct node *node) {
  if (node->watch < 0) return;
  struct node **place = bucket(w, node->watch);
  while (*place != node) place = &(*place)->next_watched;
  *place = node->next_watched;
  node->watch = -1;
}

static char *full_path(const struct watcher *w, const struct node *node) {
  char *below = node_path(node), *path = NULL;
  if (!below || asprintf(&path, "%s/%s", w->root_path, below) < 0) fail("malloc");
  free(below);
  return path;
}

static void free_node(struct watcher *w, struct node *node, bool told) {
  while (node->children) {
    struct node *child = node->children;
    free_node(w, child, told);
  }
  if (told) say("deleted", node);
  if (node->watch >= 0) {
    int watch = node->watch;
    forget_watch(w, node);
    // Another node has it if that directory has come to its place. It fails if the directory is gone, and the watch with it.
    if (!by_watch(w, watch)) inotify_rm_watch(w->inotify, watch);
  }
  node_unlink(node);
  free(node->name);
  free(node);
}

static void compare(struct watcher *w, struct node *directory, bool told);

// Of what is at its path now. False if nothing is there to be watched.
static bool set_watch(struct watcher *w, struct node *node) {
  char *path = full_path(w, node);
  int watch = inotify_add_watch(w->inotify, path, MASK);
  free(path);
  if (watch < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return false;  // gone already, or not ours
    fail("inotify_add_watch");
  }
  if (node->watch == watch) return true;
  forget_watch(w, node);
  node->watch = watch;
  node->next_watched = *bucket(w, watch);
  *bucket(w, watch) = node;
  return true;
}

// Watched first and looked at then: what is made in it meanwhile is told at least once.
static void watch_directory(struct watcher *w, struct node *node, bool told) {
  if (set_watch(w, node)) compare(w, node, told);
}

// NULL if it has gone meanwhile: an event will tell.
static struct node *appeared(struct watcher *w, struct node *parent, const char *name, bool told) {
  char *path = full_path(w, parent), *whole = NULL;
  if (asprintf(&whole, "%s/%s", path, name) < 0) fail("malloc");
  struct stat status;
  bool is_there = lstat(whole, &status) == 0;
  free(whole);
  free(path);
  if (!is_there) return NULL;
  struct node *node = node_find(parent, name);
  bool is_directory = S_ISDIR(status.st_mode);
  if (node && node->is_directory != is_directory) {
    free_node(w, node, told);
    node = NULL;
  }
  bool is_new = !node;
  if (is_new) node = node_add(parent, name, is_directory);
  if (!node) fail("malloc");
  if (is_new && told) say("created", node);
  if (is_directory && (is_new || node->watch < 0)) watch_directory(w, node, told);
  return node;
}

// What is there with what was there.
static void compare(struct watcher *w, struct node *directory, bool told) {
  char *path = full_path(w, directory);
  DIR *listing = opendir(path);
  free(path);
  if (!listing) return;  // gone already, or not ours
  unsigned round = ++w->round;  // directories below have others
  struct dirent *entry;
  while ((entry = readdir(listing))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct node *child = appeared(w, directory, entry->d_name, told);
    if (child) child->round = round;
  }
  closedir(listing);
  for (struct node *child = directory->children, *next; child; child = next) {
    next = child->next;
    if (child->round != round) free_node(w, child, told);
  }
}

// At all of it, after something was or may have been missed.
static void look_again(struct watcher *w, struct node *directory) {
  watch_directory(w, directory, true);
  for (struct node *child = directory->children; child; child = child->next) {
    if (child->is_directory) look_again(w, child);
  }
}

// ---- events

// It has not come to another directory of the tree: it has left that.
static void settle_move(struct watcher *w) {
  if (!w->moving) return;
  struct node *node = w->moving;
  w->moving = NULL;
  free_node(w, node, true);
}

static void say_move(const struct node *node, const char *from) {
  char *to = node_path(node);
  if (!to) fail("malloc");
  fputs("moved ", stdout);
  print_escaped(from);
  fputs(" to ", stdout);
  print_escaped(to);
  putchar('\n');
  free(to);
}

static bool is_within(const struct node *node, const struct node *directory) {
  while (node && node != directory) node = node->parent;
  return node;
}

// From outside of what is watched, perhaps in the place of something, which nothing else tells.
static void came(struct watcher *w, struct node *parent, const char *name) {
  bool was_known = node_find(parent, name);
  struct node *node = appeared(w, parent, name, true);
  if (!node || !was_known) return;
  if (node->is_directory) look_again(w, node);
  else say("written", node);
}

// The events are behind what they tell of: what was looked for by an old path may have been found where that path led already. So
// a directory that has moved is looked at again, and if it seems to be within itself, all is.
static void moved_to(struct watcher *w, struct node *parent, const struct inotify_event *event) {
  struct node *node = w->moving;
  if (!node) {
    came(w, parent, event->name);
    return;
  }
  w->moving = NULL;
  struct node *replaced = node_find(parent, event->name);
  if (replaced == node) replaced = NULL;
  if (is_within(parent, node) || (replaced && is_within(node, replaced))) {
    free_node(w, is_within(parent, node) ? node : replaced, true);
    look_again(w, w->root);
    return;
  }
  if (replaced) free_node(w, replaced, false);
  char *from = node_path(node);
  node_unlink(node);
  node_link(parent, node);
  if (!from || !node_rename(node, event->name)) fail("malloc");
  say_move(node, from);
  free(from);
  if (node->is_directory) look_again(w, node);
}

static void on_event(struct watcher *w, const struct inotify_event *event) {
  if (event->mask & IN_Q_OVERFLOW) {
    settle_move(w);
    puts("overflowed, comparing");
    look_again(w, w->root);
    return;
  }
  bool completes = event->mask & IN_MOVED_TO && w->moving && w->moving_cookie == event->cookie;
  if (!completes) settle_move(w);  // before anybody is looked up: it may be what has left
  struct node *parent = by_watch(w, event->wd);
  if (!parent) return;  // of a directory that is gone
  if (event->mask & IN_IGNORED) {
    forget_watch(w, parent);
    return;
  }
  if (event->len == 0) return;
  struct node *node = node_find(parent, event->name);
  if (event->mask & IN_CREATE) {
    appeared(w, parent, event->name, true);
  } else if (event->mask & (IN_MODIFY | IN_CLOSE_WRITE)) {
    if (node && !node->is_directory) say("written", node);
  } else if (event->mask & IN_DELETE) {
    if (node) free_node(w, node, true);
  } else if (event->mask & IN_MOVED_FROM) {
    w->moving = node;
    w->moving_cookie = event->cookie;
  } else if (event->mask & IN_MOVED_TO) {
    moved_to(w, parent, event);
  }
}

void watcher_take(struct watcher *w, const char *events, size_t count) {
  for (const char *at = events; at < events + count;) {
    const struct inotify_event *event = (const struct inotify_event *)at;
    on_event(w, event);
    at += sizeof *event + event->len;
  }
  flush_output();
}

void watcher_settle(struct watcher *w) {
  settle_move(w);
  flush_output();
}

// ---- the beginning

void watcher_open(struct watcher *w, const char *root_path, int flags) {
  w->root_path = root_path;
  w->inotify = inotify_init1(flags);
  if (w->inotify < 0) fail("inotify_init1");
  w->root = node_add(NULL, "", true);
  if (!w->root) fail("malloc");
  watch_directory(w, w->root, false);
  printf("watching %s\n", w->root_path);
  flush_output();
}

const char *parse_directory(int argc, char **argv) {
  struct stat status;
  bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
  if (argc == 2 && !help && stat(argv[1], &status) == 0 && S_ISDIR(status.st_mode)) return argv[1];
  fprintf(help ? stdout : stderr, "usage: {{name}} DIRECTORY\n");
  exit(help ? 0 : 2);
}
