// A uv_fs_event_t for each directory; all of them share one inotify descriptor. It tells that something of that name has changed, and not what:
// so each is looked at, as whoever uses it has to.
#include "../common/watched.h"
#include "libuv.h"

static uv_loop_t *loop;
static struct watched *work;
static uv_fs_event_t *handles;
static char (*names)[300];

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status) {
  char path[600];
  if (status < 0 || !name) {
    work->errors++;
    return;
  }
  if (!(events & UV_RENAME)) return;
  snprintf(path, sizeof path, "%s/%s", names[handle - handles], name);
  struct stat there;
  if (lstat(path, &there) == 0) work->created++;
  else work->deleted++;
}

static void watch(struct watched *w) {
  work = w;
  loop = uv_default_loop();
  handles = calloc((size_t)w->dirs, sizeof *handles);
  names = calloc((size_t)w->dirs, sizeof *names);
  for (long i = 0; i < w->dirs; i++) {
    watched_directory(w, i, names[i], sizeof *names);
    uv_fs_event_init(loop, &handles[i]);
    if (uv_fs_event_start(&handles[i], on_event, names[i], 0) != 0) quit(EXIT_UNSUPPORTED, "no watch for %s", names[i]);
  }
}

static void run(struct watched *w, long *count) {
  while (*count < w->ops) uv_run(loop, UV_RUN_ONCE);
}

void uv_watch_main(void) {
  static const struct watched_peer peer = {watch, run};
  watched_main(&peer);
}
