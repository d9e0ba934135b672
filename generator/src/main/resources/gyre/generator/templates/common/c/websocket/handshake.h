// The handshake of RFC 6455: what a client asks, and what it is answered.
#pragma once
#include <stddef.h>

enum { HEAD_MAX_BYTES = 8192, ANSWER_MAX_BYTES = 256 };

// Of a whole head, from the request line to the empty line. Writes the answer, and tells its status: 101, or that of a refusal.
int answer_handshake(const char *head, size_t count, char answer[ANSWER_MAX_BYTES]);
