// The server's side of a connection, as a state machine of lines: no socket is needed to try it.
#pragma once
#include <stddef.h>

enum { LINE_MAX_BYTES = 1024, ANSWER_MAX_BYTES = 64 };

enum expected { HELLO = 0, PING_OR_BYE, NOTHING };  // what is expected next

// Answers a line, without its end, by one with it; what is expected then. This is the only place that changes the state.
enum expected answer_line(enum expected expected, const char *line, size_t count, char answer[ANSWER_MAX_BYTES]);
