// uv_fs_*: each call goes to its pool of four threads and comes back as a callback.
#include "../common/files.h"
#include "libuv.h"

struct slot {
  uv_fs_t request;
  uv_buf_t buffer;
  long offset;
};

static uv_loop_t *loop;
static struct files *work;
static struct slot *slots;
static long asked, done;
static char content[FILES_REPLACED_BYTES];

static void prepare(struct files *f) {
  work = f;
  loop = uv_default_loop();
  slots = calloc((size_t)f->depth, sizeof *slots);
  for (long i = 0; i < f->depth; i++) slots[i].buffer = uv_buf_init(f->memory + i * f->piece, (unsigned)f->piece);
}

static void on_read(uv_fs_t *request);
static void ask(struct slot *slot) {
  asked++;
  slot->offset = files_next(work);
  uv_fs_read(loop, &slot->request, work->fd, &slot->buffer, 1, slot->offset, on_read);
}
static void on_read(uv_fs_t *request) {
  struct slot *slot = (struct slot *)request;
  files_check(work, slot->buffer.base, request->result, slot->offset);
  uv_fs_req_cleanup(request);
  done++;
  if (asked < work->ops) ask(slot);
}
static void read_all(struct files *f) {
  asked = done = 0;
  for (long i = 0; i < f->depth && i < f->ops; i++) ask(&slots[i]);
  uv_run(loop, UV_RUN_DEFAULT);
  if (done != f->ops) f->errors++;
}

static ssize_t outcome;
static void on_done(uv_fs_t *request) {
  outcome = request->result;
  uv_fs_req_cleanup(request);
}
#define AWAIT(call) (call, uv_run(loop, UV_RUN_DEFAULT), outcome)
static void replace(struct files *f) {
  uv_fs_t r;
  uv_buf_t buffer = uv_buf_init(content, sizeof content);
  char name[300], temporary[310];
  snprintf(name, sizeof name, "%s/gyre-lab-replaced-%d", f->directory, getpid());
  snprintf(temporary, sizeof temporary, "%s.tmp", name);
  for (long i = 0; i < f->ops; i++) {
    int directory = (int)AWAIT(uv_fs_open(loop, &r, f->directory, O_RDONLY | O_DIRECTORY, 0, on_done));
    int fd = (int)AWAIT(uv_fs_open(loop, &r, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600, on_done));
    bool wrong = AWAIT(uv_fs_write(loop, &r, fd, &buffer, 1, 0, on_done)) != (ssize_t)sizeof content;
    wrong |= AWAIT(uv_fs_fsync(loop, &r, fd, on_done)) != 0 || AWAIT(uv_fs_close(loop, &r, fd, on_done)) != 0;
    wrong |= AWAIT(uv_fs_rename(loop, &r, temporary, name, on_done)) != 0;
    wrong |= AWAIT(uv_fs_fsync(loop, &r, directory, on_done)) != 0 || AWAIT(uv_fs_close(loop, &r, directory, on_done)) != 0;
    if (wrong) f->errors++;
  }
  unlink(name);
}

void uv_files_main(void) {
  static const struct files_peer peer = {prepare, read_all, replace};
  files_main(&peer);
}
