#include "input.h"

#include <stdio.h>

enum { STANDARD_INPUT = 0 };

// Lines as they come, whatever the pieces.
static void take_piece(struct input *input, size_t count) {
  for (size_t i = 0; i < count && !input->ended; i++) {
    if (input->piece[i] == '\n') {
      input->line[input->line_end] = 0;
      input->line_end = 0;
      input->on_line(input, input->line);
    } else if (input->line_end == LINE_BYTES - 1) {
      puts("error line too long, the rest is not read");
      input->ended = true;
    } else {
      input->line[input->line_end++] = input->piece[i];
    }
  }
}

static void take(struct input *input, ssize_t count) {
  if (count < 0 && count != UV_EOF) fprintf(stderr, "{{name}}: read: %s\n", uv_strerror((int)count));
  if (count > 0) take_piece(input, (size_t)count);
  else input->ended = true;
  if (input->ended) close_input(input);
  input->on_piece(input);
}

// ---- streams

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct input *input = handle->data;
  *room = uv_buf_init(input->piece, PIECE_BYTES);
}

static void on_stream_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  (void)room;
  if (count != 0) take(stream->data, count);  // 0 is no end, but nothing
}

static int open_stream(struct input *input, uv_loop_t *loop, bool is_tty) {
  input->kind = STREAM_INPUT;
  int result = is_tty ? uv_tty_init(loop, &input->handle.tty, STANDARD_INPUT, 0)
                      : uv_pipe_init(loop, &input->handle.pipe, 0);
  if (result == 0 && !is_tty) result = uv_pipe_open(&input->handle.pipe, STANDARD_INPUT);
  input->handle.stream.data = input;
  return result == 0 ? uv_read_start(&input->handle.stream, on_room, on_stream_read) : result;
}

// ---- files

static int read_file(struct input *input, uv_loop_t *loop);

static void on_file_read(uv_fs_t *read) {
  struct input *input = read->data;
  uv_loop_t *loop = read->loop;
  ssize_t count = read->result;
  uv_fs_req_cleanup(read);
  if (input->ended) return;  // closed meanwhile
  take(input, count);
  if (input->ended) return;
  int result = read_file(input, loop);
  if (result < 0) take(input, result);
}

static int read_file(struct input *input, uv_loop_t *loop) {
  uv_buf_t room = uv_buf_init(input->piece, PIECE_BYTES);
  return uv_fs_read(loop, &input->read, STANDARD_INPUT, &room, 1, -1, on_file_read);
}

static int open_file(struct input *input, uv_loop_t *loop) {
  input->kind = FILE_INPUT;
  input->read.data = input;
  return read_file(input, loop);
}

// ---- either

int open_input(struct input *input, uv_loop_t *loop, void (*on_line)(struct input *input, const char *line),
               void (*on_piece)(struct input *input)) {
  input->on_line = on_line;
  input->on_piece = on_piece;
  switch (uv_guess_handle(STANDARD_INPUT)) {
    case UV_FILE:
      return open_file(input, loop);
    case UV_TTY:
      return open_stream(input, loop, true);
    case UV_NAMED_PIPE:
    case UV_TCP:
      return open_stream(input, loop, false);
    default:
      return UV_EBADF;
  }
}

void close_input(struct input *input) {
  input->ended = true;
  bool is_handle = input->kind == STREAM_INPUT && !uv_is_closing((uv_handle_t *)&input->handle.stream);
  if (is_handle) uv_close((uv_handle_t *)&input->handle.stream, NULL);
}
