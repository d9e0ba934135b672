// Lines of standard input, whatever that is: libuv reads pipes, sockets and terminals as streams, and files by its threads.
#pragma once
#include <stdbool.h>
#include <uv.h>

enum { LINE_BYTES = 256, PIECE_BYTES = 65536 };

struct input {
  void *data;  // its owner's
  bool ended;

  // The input's own from here on.
  void (*on_line)(struct input *input, const char *line);
  void (*on_piece)(struct input *input);
  enum { NO_INPUT, FILE_INPUT, STREAM_INPUT } kind;
  union {
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tty_t tty;
  } handle;
  uv_fs_t read;
  char piece[PIECE_BYTES];
  char line[LINE_BYTES];
  size_t line_end;
};

// 0, or the error. Tells each line, and each time when it has told all that has come, or the end.
int open_input(struct input *input, uv_loop_t *loop, void (*on_line)(struct input *input, const char *line),
               void (*on_piece)(struct input *input));

void close_input(struct input *input);
