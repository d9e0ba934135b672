// Frames of RFC 6455, as a client sends them and a server does.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { GOING_AWAY = 1001, PROTOCOL_ERROR = 1002, NOT_UTF8 = 1007, TOO_LONG = 1009 };
enum { FRAME_HEAD_MAX = 14 };

struct frame {
  bool is_last;
  enum opcode opcode;
  char *payload;  // where it was received, without its mask
  size_t count;
};

// Takes a frame off the beginning of some bytes. 0: not whole yet; above: so many bytes; below: the code to close with, negated.
long take_frame(char *bytes, size_t count, size_t most, struct frame *frame);

// The head of a frame from a server; how many bytes it has.
size_t frame_head(enum opcode opcode, size_t count, unsigned char head[FRAME_HEAD_MAX]);

bool is_utf8(const char *text, size_t count);

// What to answer to the payload of a close frame: its code, 0 for none, or the code of what is wrong with it.
int close_code(const char *payload, size_t count);
