// {{name}}: tells what changes in a directory and below it, on libuv.
//
// libuv tells that something has happened to a name in a directory, and not what. So an event is a hint where to look: what has happened
// follows from what was there before and what is there now. Hints are taken in batches, since of a move each half is a hint of its own.
#define _GNU_SOURCE
#include "tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BATCH = 4096, MOVE_MILLIS = 50 };
static const int64_t TICK_NANOS = 20000000;  // two changes within a tick of the kernel may have one time

struct hint {
  struct node *directory;
  char *name;
  bool is_change;  // of content or attributes; else the name came or went
  bool is_deep;    // what is below is to be compared, too
  bool is_moving;  // what was at its place is moved first
  bool is_there;   // the result of a look, as is the next
  struct look look;
};

struct program {
  const char *root_path;
  uv_loop_t loop;
  uv_check_t after_events;
  uv_timer_t moves;
  uv_signal_t term, interrupt;
  struct tree tree;
  bool is_telling;       // not while the tree is looked at first
  bool has_births;       // the system tells when files were born
  struct hint *hints;    // [first_hint, hint_count) are to be looked at
  size_t first_hint, hint_count, hint_capacity;
  size_t events, burst;  // in this turn of the loop; of so many some may have been lost
  unsigned batch, comparison;
};

static void check(int result, const char *what) {
  if (result >= 0) return;
  const char *advice = "";
  if (result == UV_ENOSPC) advice = ": raise fs.inotify.max_user_watches";
  if (result == UV_EMFILE) advice = ": raise fs.inotify.max_user_instances, or the limit of descriptors";
  fprintf(stderr, "{{name}}: %s: %s%s\n", what, uv_strerror(result), advice);
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

static void say(const struct program *p, const char *what, const struct node *node) {
  if (!p->is_telling) return;
  char *path = node_path(node);
  printf("%s ", what);
  print_escaped(path);
  putchar('\n');
  free(path);
}

static void say_moved(const char *from, const struct node *node) {
  char *to = node_path(node);
  fputs("moved ", stdout);
  print_escaped(from);
  fputs(" to ", stdout);
  print_escaped(to);
  putchar('\n');
  free(to);
}

// Whoever reads may have left, as head does: then there is nobody to tell, and as a rule SIGPIPE has ended us by now.
static void flush_output(void) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  if (errno == EPIPE) exit(0);
  fprintf(stderr, "{{name}}: write: %s\n", errno ? strerror(errno) : "some of the output is lost");
  exit(1);
}

// ---- looking

// Of a name in a directory, or of that itself.
static char *full_path(const struct program *p, const struct node *directory, const char *name) {
  char *below = node_path(directory), *path = NULL;
  const char *before = *below ? "/" : "", *after = *name ? "/" : "";
  if (asprintf(&path, "%s%s%s%s%s", p->root_path, before, below, after, name) < 0) path = NULL;
  free(below);
  return must(path);
}

static int64_t nanos(uv_timespec_t time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

static bool look_at(const struct program *p, const char *path, struct look *look) {
  uv_timeval64_t now;
  uv_gettimeofday(&now);
  uv_fs_t request;
  int result = uv_fs_lstat(NULL, &request, path, NULL);
  const uv_stat_t *status = &request.statbuf;
  if (result == 0) {
    *look = (struct look){
        .device = status->st_dev,
        .inode = status->st_ino,
        .born_nanos = p->has_births ? nanos(status->st_birthtim) : 0,
        .modified_nanos = nanos(status->st_mtim),
        .bytes = status->st_size,
        .looked_nanos = now.tv_sec * 1000000000 + now.tv_usec * 1000,
        .is_directory = S_ISDIR(status->st_mode),
    };
  }
  uv_fs_req_cleanup(&request);
  return result == 0;
}

// Whether it is where the tree has it.
static bool is_in_place(const struct program *p, const struct node *node) {
  struct look look;
  char *path = full_path(p, node, "");
  bool result = look_at(p, path, &look) && is_same_file(&look, &node->look);
  free(path);
  return result;
}

// ---- hints

static void add_hint(struct program *p, struct node *directory, const char *name, bool is_change, bool is_deep) {
  if (p->hint_count == p->hint_capacity) {
    p->hint_capacity = p->hint_capacity ? p->hint_capacity * 2 : BATCH;
    p->hints = must(realloc(p->hints, p->hint_capacity * sizeof *p->hints));
  }
  directory->hints++;
  p->hints[p->hint_count++] = (struct hint){
      .directory = directory, .name = must(strdup(name)), .is_change = is_change, .is_deep = is_deep};
}

static void free_hint(struct hint *hint) {
  hint->directory->hints--;
  node_free_if_unused(hint->directory);
  free(hint->name);
}

// A hint for each name that is there, or was.
static void compare(struct program *p, struct node *directory, bool is_deep) {
  char *path = full_path(p, directory, "");
  uv_fs_t request;
  int result = uv_fs_scandir(NULL, &request, path, 0, NULL);
  free(path);
  p->comparison++;
  uv_dirent_t entry;
  while (result >= 0 && uv_fs_scandir_next(&request, &entry) != UV_EOF) {
    struct node *child = tree_find(&p->tree, directory, entry.name);
    if (child) child->seen_by = p->comparison;
    add_hint(p, directory, entry.name, false, is_deep);
  }
  uv_fs_req_cleanup(&request);
  if (result < 0) return;  // gone already, or not ours
  for (struct node *child = directory->children; child; child = child->next) {
    if (!child->is_gone && child->seen_by != p->comparison) add_hint(p, directory, child->name, false, is_deep);
  }
}

// ---- watching

static void reconcile(struct program *p);

static void on_event(uv_fs_event_t *watch, const char *name, int events, int status) {
  struct node *directory = watch->data;
  struct program *p = watch->loop->data;
  p->events++;
  if (status < 0 || !name) return;
  add_hint(p, directory, name, events == UV_CHANGE, false);
  if (p->hint_count >= BATCH) reconcile(p);  // libuv goes on with events as long as there are some
}

static void on_watch_closed(uv_handle_t *watch) { free(watch); }

static void unwatch(struct node *node) {
  if (!node->watch) return;
  uv_close((uv_handle_t *)node->watch, on_watch_closed);
  node->watch = NULL;
}

// Watched first and looked at then: what is made in it meanwhile is found at least once. What is watched is whatever has that path now; if
// that is another directory, this one has moved, and is watched when it is found.
static void watch_directory(struct program *p, struct node *node) {
  char *path = full_path(p, node, "");
  node->watch = must(malloc(sizeof *node->watch));
  check(uv_fs_event_init(&p->loop, node->watch), "uv_fs_event_init");
  node->watch->data = node;
  int result = uv_fs_event_start(node->watch, on_event, path, 0);
  free(path);
  bool is_gone = result == UV_ENOENT || result == UV_ENOTDIR || (result == 0 && !is_in_place(p, node));
  if (is_gone || result == UV_EACCES) {
    unwatch(node);
    return;
  }
  check(result, "uv_fs_event_start");
  compare(p, node, false);
}

// ---- what has gone

static void on_moves_late(uv_timer_t *timer);

// It may come to another place; when it has not in time, it is deleted.
static void leave(struct program *p, struct node *node) {
  tree_leave(&p->tree, node, (int64_t)uv_now(&p->loop));
  if (!uv_is_active((uv_handle_t *)&p->moves)) uv_timer_start(&p->moves, on_moves_late, MOVE_MILLIS, 0);
}

static void delete(struct program *p, struct node *node, bool told) {
  while (node->children) delete(p, node->children, told);
  if (told) say(p, "deleted", node);
  unwatch(node);
  tree_remove(&p->tree, node);
}

static void delete_gone_by(struct program *p, int64_t millis) {
  while (p->tree.gone_first && p->tree.gone_first->gone_millis <= millis) delete(p, p->tree.gone_first, true);
}

static void on_moves_late(uv_timer_t *timer) {
  struct program *p = timer->loop->data;
  delete_gone_by(p, (int64_t)uv_now(&p->loop) - MOVE_MILLIS);
  flush_output();
  if (p->tree.gone_first) uv_timer_start(timer, on_moves_late, MOVE_MILLIS, 0);
}

// ---- what has happened

static void written(struct program *p, struct node *node, const struct hint *hint) {
  const struct look *before = &node->look, *now = &hint->look;
  bool differs = before->modified_nanos != now->modified_nanos || before->bytes != now->bytes;
  // It may have been written again within the same tick, of which the time can't tell.
  bool is_unsure = hint->is_change && before->modified_nanos > before->looked_nanos - TICK_NANOS;
  node->look = *now;
  if (now->is_directory || !(differs || is_unsure) || node->written_by == p->batch) return;
  node->written_by = p->batch;
  say(p, "written", node);
}

static void created(struct program *p, const struct hint *hint) {
  struct node *before = tree_find_gone(&p->tree, hint->directory, hint->name);
  if (before) delete(p, before, true);
  struct node *node = tree_add(&p->tree, hint->directory, hint->name, &hint->look);
  say(p, "created", node);
  if (node->look.is_directory) watch_directory(p, node);
}

// The same file, that is at no other place any more.
static struct node *find_moved(const struct program *p, const struct look *look) {
  struct node *node = tree_find_file(&p->tree, look, NULL);
  while (node && !node->is_gone && (!is_present(node) || is_in_place(p, node))) {
    node = tree_find_file(&p->tree, look, node);  // below of what is gone, or a hard link
  }
  return node;
}

static void moved(struct program *p, struct node *node, const struct hint *hint) {
  bool is_elsewhere = node->parent != hint->directory || strcmp(node->name, hint->name) != 0;
  char *from = node_path(node);
  tree_arrive(&p->tree, node, hint->directory, hint->name);
  if (is_elsewhere) say_moved(from, node);
  free(from);
  written(p, node, hint);
  // What has happened in it meanwhile was looked for at the old place.
  if (node->look.is_directory) compare(p, node, true);
  if (node->look.is_directory && !node->watch) watch_directory(p, node);
}

static void look_and_leave(struct program *p, struct hint *hint) {
  if (!is_present(hint->directory)) return;
  char *path = full_path(p, hint->directory, hint->name);
  hint->is_there = look_at(p, path, &hint->look);
  free(path);
  struct node *node = tree_find(&p->tree, hint->directory, hint->name);
  if (node && !(hint->is_there && is_same_file(&node->look, &hint->look))) leave(p, node);
}

static void move(struct program *p, size_t index, size_t end);

// What was at a place where another one arrives. If it has moved as well, that is told first, since it was first; but not if each is at
// the place of another: then one of them is said to be created at its new place. Nothing is told of what is replaced.
static void make_place(struct program *p, size_t index, size_t end) {
  const struct hint hint = p->hints[index];
  struct node *replaced = tree_find_gone(&p->tree, hint.directory, hint.name);
  if (!replaced || is_same_file(&replaced->look, &hint.look)) return;
  const struct look look = replaced->look;
  p->hints[index].is_moving = true;
  for (size_t i = index + 1; i < end; i++) {
    const struct hint *other = &p->hints[i];
    if (other->is_there && !other->is_moving && is_same_file(&other->look, &look)) move(p, i, end);
  }
  p->hints[index].is_moving = false;
  replaced = tree_find_gone(&p->tree, hint.directory, hint.name);
  if (replaced) delete(p, replaced, false);
}

static bool is_arrival(const struct program *p, const struct hint *hint) {
  return hint->is_there && is_present(hint->directory) && !tree_find(&p->tree, hint->directory, hint->name);
}

static void move(struct program *p, size_t index, size_t end) {
  const struct hint hint = p->hints[index];
  if (!is_arrival(p, &hint) || !find_moved(p, &hint.look)) return;
  make_place(p, index, end);
  struct node *node = find_moved(p, &hint.look);  // again, since much may have moved, or have been replaced
  if (node && !node->is_gone) leave(p, node);
  if (node && is_arrival(p, &hint)) moved(p, node, &hint);  // never to a place below itself, which is gone with it
}

static void create_or_write(struct program *p, const struct hint *hint) {
  if (!hint->is_there || !is_present(hint->directory)) return;
  struct node *node = tree_find(&p->tree, hint->directory, hint->name);
  if (!node) {
    created(p, hint);
    return;
  }
  if (!is_same_file(&node->look, &hint->look)) return;  // another hint will tell
  written(p, node, hint);
  if (node->look.is_directory && hint->is_deep) compare(p, node, true);
  if (node->look.is_directory && !node->watch) watch_directory(p, node);
}

// First all looks, then the moves, then the rest: so a name that was moved away and made anew is told in this order.
static void take_batch(struct program *p) {
  size_t first = p->first_hint;
  size_t end = p->hint_count - first < BATCH ? p->hint_count : first + BATCH;
  p->batch++;
  // By index: more hints may be added, which moves them.
  for (size_t i = first; i < end; i++) look_and_leave(p, &p->hints[i]);
  for (size_t i = first; i < end; i++) move(p, i, end);
  for (size_t i = first; i < end; i++) {
    struct hint hint = p->hints[i];
    create_or_write(p, &hint);
  }
  for (size_t i = first; i < end; i++) free_hint(&p->hints[i]);
  p->first_hint = end;
}

static void reconcile(struct program *p) {
  while (p->first_hint < p->hint_count) take_batch(p);
  p->first_hint = p->hint_count = 0;
}

// libuv does not tell that the kernel's queue was full. It was not if there were few events since it was empty.
static void after_events(uv_check_t *handle) {
  struct program *p = handle->loop->data;
  bool may_have_lost = p->events >= p->burst;
  p->events = 0;
  reconcile(p);
  if (may_have_lost) {
    puts("overflowed perhaps, comparing");
    compare(p, p->tree.root, true);
    reconcile(p);
  }
  flush_output();
}

// ---- the program

static void close_each(uv_handle_t *handle, void *program) {
  (void)program;
  if (!uv_is_closing(handle)) uv_close(handle, handle->type == UV_FS_EVENT ? on_watch_closed : NULL);
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct program *p = signal->loop->data;
  reconcile(p);
  delete_gone_by(p, INT64_MAX);
  flush_output();
  uv_walk(&p->loop, close_each, NULL);
}

// A quarter of the kernel's queue: libuv does not count those of directories that are not watched any more.
static size_t burst_events(void) {
  FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
  unsigned long most = 0;
  if (file && fscanf(file, "%lu", &most) != 1) most = 0;
  if (file) fclose(file);
  return (most > 0 ? most : 16384) / 4;
}

static void open_all(struct program *p) {
  check(uv_loop_init(&p->loop), "uv_loop_init");
  p->loop.data = p;
  check(uv_check_init(&p->loop, &p->after_events), "uv_check_init");
  check(uv_timer_init(&p->loop, &p->moves), "uv_timer_init");
  check(uv_signal_init(&p->loop, &p->term), "uv_signal_init");
  check(uv_signal_init(&p->loop, &p->interrupt), "uv_signal_init");
  check(uv_check_start(&p->after_events, after_events), "uv_check_start");
  check(uv_signal_start(&p->term, on_signal, SIGTERM), "uv_signal_start");
  check(uv_signal_start(&p->interrupt, on_signal, SIGINT), "uv_signal_start");
  struct statx status;  // without that call libuv takes the time of the last change for a birth
  p->has_births = statx(AT_FDCWD, p->root_path, 0, STATX_BTIME, &status) == 0;
  p->burst = burst_events();

  struct look look;
  if (!look_at(p, p->root_path, &look)) check(uv_translate_sys_error(errno), p->root_path);
  watch_directory(p, tree_add(&p->tree, NULL, "", &look));
  reconcile(p);
  p->is_telling = true;
  printf("watching %s\n", p->root_path);
  flush_output();
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
  uv_run(&p.loop, UV_RUN_DEFAULT);
  check(uv_loop_close(&p.loop), "uv_loop_close");  // a handle that stays is a fault
  return 0;
}
