// uv_spawn, with nothing to read and to write, which libuv takes from /dev/null.
#include "../common/spawn.h"
#include "libuv.h"

static uv_loop_t *loop;
static uv_process_t *children;
static struct spawns *work;

static void on_exit_of(uv_process_t *child, int64_t status, int signal) {
  if (status != 0 || signal != 0) work->errors++;
  uv_close((uv_handle_t *)child, NULL);
}

static void prepare(struct spawns *s) {
  work = s;
  loop = uv_default_loop();
  children = calloc((size_t)s->at_once, sizeof *children);
}

static void run(struct spawns *s) {
  char *words[] = {"/bin/true", NULL};
  uv_stdio_container_t none[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
  uv_process_options_t options = {.exit_cb = on_exit_of, .file = words[0], .args = words, .stdio_count = 3, .stdio = none};
  for (long i = 0; i < s->at_once; i++)
    if (uv_spawn(loop, &children[i], &options) != 0) quit(EXIT_FAILED, "cannot start %s", words[0]);
  uv_run(loop, UV_RUN_DEFAULT);
}

void uv_spawn_main(void) { spawn_main(prepare, run); }
