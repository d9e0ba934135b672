// {{name}}: tells what changes in a directory and below it, by inotify and epoll.
#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 4096, EVENTS = 4, PIECE_BYTES = 65536, MOVE_MILLIS = 50 };
static const uint32_t MASK = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
                             IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

struct program {
  const char *root_path;
  struct node *root;
  struct node *watched[BUCKETS];  // by their watches
  int epoll, inotify, signals;
  unsigned round;
  bool stopped;
  struct node *moving;  // has left its directory, and may come to another one
  uint32_t moving_cookie;
};

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

// ---- watching

static struct node **bucket(struct program *p, int watch) {
  return &p->watched[(unsigned)watch % BUCKETS];
}

static struct node *by_watch(struct program *p, int watch) {
  struct node *node = *bucket(p, watch);
  while (node && node->watch != watch) node = node->next_watched;
  return node;
}

static void forget_watch(struct program *p, struct node *node) {
  if (node->watch < 0) return;
  struct node **place = bucket(p, node->watch);
  while (*place != node) place = &(*place)->next_watched;
  *place = node->next_watched;
  node->watch = -1;
}

static char *full_path(const struct program *p, const struct node *node) {
  char *below = node_path(node), *path = NULL;
  if (!below || asprintf(&path, "%s/%s", p->root_path, below) < 0) fail("malloc");
  free(below);
  return path;
}

static void free_node(struct program *p, struct node *node, bool told) {
  while (node->children) {
    struct node *child = node->children;
    free_node(p, child, told);
  }
  if (told) say("deleted", node);
  if (node->watch >= 0) {
    int watch = node->watch;
    forget_watch(p, node);
    inotify_rm_watch(p->inotify, watch);  // fails if the directory is gone, and the watch with it
  }
  node_unlink(node);
  free(node->name);
  free(node);
}

static void compare(struct program *p, struct node *directory, bool told);

// Watched first and looked at then: what is made in it meanwhile is told at least once.
static void watch_directory(struct program *p, struct node *node, bool told) {
  char *path = full_path(p, node);
  int watch = inotify_add_watch(p->inotify, path, MASK);
  free(path);
  if (watch < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return;  // gone already, or not ours
    fail("inotify_add_watch");
  }
  if (node->watch != watch) {
    forget_watch(p, node);
    node->watch = watch;
    node->next_watched = *bucket(p, watch);
    *bucket(p, watch) = node;
  }
  compare(p, node, told);
}

static void appeared(struct program *p, struct node *parent, const char *name, bool told) {
  char *path = full_path(p, parent), *whole = NULL;
  if (asprintf(&whole, "%s/%s", path, name) < 0) fail("malloc");
  struct stat status;
  bool is_there = lstat(whole, &status) == 0;
  free(whole);
  free(path);
  if (!is_there) return;  // an event will tell that it is gone
  struct node *node = node_find(parent, name);
  bool is_directory = S_ISDIR(status.st_mode);
  if (node && node->is_directory != is_directory) {
    free_node(p, node, told);
    node = NULL;
  }
  bool is_new = !node;
  if (is_new) node = node_add(parent, name, is_directory);
  if (!node) fail("malloc");
  node->round = p->round;
  if (is_new && told) say("created", node);
  if (is_directory && (is_new || node->watch < 0)) watch_directory(p, node, told);
}

// What is there with what was there.
static void compare(struct program *p, struct node *directory, bool told) {
  char *path = full_path(p, directory);
  DIR *listing = opendir(path);
  free(path);
  if (!listing) return;  // gone already, or not ours
  p->round++;
  unsigned round = p->round;
  struct dirent *entry;
  while ((entry = readdir(listing))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    p->round = round;  // directories below have had rounds of their own
    appeared(p, directory, entry->d_name, told);
  }
  closedir(listing);
  for (struct node *child = directory->children, *next; child; child = next) {
    next = child->next;
    if (child->round != round) free_node(p, child, told);
  }
}

static void compare_all(struct program *p, struct node *directory) {
  compare(p, directory, true);
  for (struct node *child = directory->children; child; child = child->next) {
    if (child->is_directory) compare_all(p, child);
  }
}

// ---- events

// It has not come to another directory of the tree: it has left that.
static void settle_move(struct program *p) {
  if (!p->moving) return;
  struct node *node = p->moving;
  p->moving = NULL;
  free_node(p, node, true);
}

static void moved_to(struct program *p, struct node *parent, const struct inotify_event *event) {
  struct node *node = p->moving;
  if (!node) {
    appeared(p, parent, event->name, true);  // from outside
    return;
  }
  p->moving = NULL;
  struct node *replaced = node_find(parent, event->name);
  if (replaced && replaced != node) free_node(p, replaced, false);
  char *from = node_path(node);
  node_unlink(node);
  node_link(parent, node);
  if (!from || !node_rename(node, event->name)) fail("malloc");
  char *to = node_path(node);
  if (!to) fail("malloc");
  fputs("moved ", stdout);
  print_escaped(from);
  fputs(" to ", stdout);
  print_escaped(to);
  putchar('\n');
  free(from);
  free(to);
}

static void on_event(struct program *p, const struct inotify_event *event) {
  if (event->mask & IN_Q_OVERFLOW) {
    settle_move(p);
    puts("overflowed, comparing");
    compare_all(p, p->root);
    return;
  }
  bool completes = event->mask & IN_MOVED_TO && p->moving && p->moving_cookie == event->cookie;
  if (!completes) settle_move(p);  // before anybody is looked up: it may be what has left
  struct node *parent = by_watch(p, event->wd);
  if (!parent) return;  // of a directory that is gone
  if (event->mask & IN_IGNORED) {
    forget_watch(p, parent);
    return;
  }
  if (event->len == 0) return;
  struct node *node = node_find(parent, event->name);
  if (event->mask & IN_CREATE) {
    appeared(p, parent, event->name, true);
  } else if (event->mask & (IN_MODIFY | IN_CLOSE_WRITE)) {
    if (node && !node->is_directory) say("written", node);
  } else if (event->mask & IN_DELETE) {
    if (node) free_node(p, node, true);
  } else if (event->mask & IN_MOVED_FROM) {
    p->moving = node;
    p->moving_cookie = event->cookie;
  } else if (event->mask & IN_MOVED_TO) {
    moved_to(p, parent, event);
  }
}

static void take_events(struct program *p) {
  _Alignas(struct inotify_event) char piece[PIECE_BYTES];
  ssize_t count = read(p->inotify, piece, sizeof piece);
  if (count < 0 && errno != EAGAIN && errno != EINTR) fail("read of inotify");
  for (char *at = piece; count > 0 && at < piece + count;) {
    const struct inotify_event *event = (const struct inotify_event *)at;
    on_event(p, event);
    at += sizeof *event + event->len;
  }
}

// ---- the program

static void open_all(struct program *p) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  p->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (p->signals < 0) fail("signalfd");
  p->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (p->inotify < 0) fail("inotify_init1");
  p->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (p->epoll < 0) fail("epoll_create1");
  for (int i = 0; i < 2; i++) {
    int fd = i == 0 ? p->signals : p->inotify;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
  }
  p->root = node_add(NULL, "", true);
  if (!p->root) fail("malloc");
  watch_directory(p, p->root, false);
  printf("watching %s\n", p->root_path);
  fflush(stdout);
}

int main(int argc, char **argv) {
  static struct program p;
  struct stat status;
  bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
  if (help || argc != 2 || stat(argv[1], &status) < 0 || !S_ISDIR(status.st_mode)) {
    fprintf(help ? stdout : stderr, "usage: {{name}} DIRECTORY\n");
    return help ? 0 : 2;
  }
  p.root_path = argv[1];
  open_all(&p);
  while (!p.stopped) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(p.epoll, events, EVENTS, p.moving ? MOVE_MILLIS : -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    if (count == 0) settle_move(&p);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == p.signals) p.stopped = true;
      else take_events(&p);
    }
    fflush(stdout);
  }
  return 0;
}
