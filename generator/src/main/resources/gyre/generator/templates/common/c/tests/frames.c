// Frames and the handshake without a socket: `make check` builds and runs this.
#define _GNU_SOURCE
#include "frames.c"
#include "handshake.c"

#include <stdlib.h>

#define CHECK(what) \
  do { \
    if (!(what)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
      exit(1); \
    } \
  } while (0)

enum { MOST_BYTES = 70000 };

// A frame as a client sends it.
static size_t masked(char *to, int first_byte, const char *payload, size_t count) {
  static const unsigned char mask[4] = {1, 2, 3, 4};
  unsigned char *head = (unsigned char *)to;
  size_t at = frame_head(TEXT, count, head);
  head[0] = (unsigned char)first_byte;
  head[1] |= 0x80;
  memcpy(to + at, mask, sizeof mask);
  at += sizeof mask;
  for (size_t i = 0; i < count; i++) to[at + i] = (char)(payload[i] ^ mask[i & 3]);
  return at + count;
}

static void should_take_a_frame_only_when_it_is_whole(void) {
  static char bytes[MOST_BYTES + FRAME_HEAD_MAX + 4], payload[MOST_BYTES];
  memset(payload, 'q', sizeof payload);
  size_t lengths[] = {0, 1, 125, 126, 65535, 65536};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct frame frame;
    size_t all = masked(bytes, 0x82, payload, lengths[i]);
    CHECK(take_frame(bytes, all - 1, MOST_BYTES, &frame) == 0);
    CHECK(take_frame(bytes, all, MOST_BYTES, &frame) == (long)all);
    CHECK(frame.is_last && frame.opcode == BINARY && frame.count == lengths[i]);
    CHECK(memcmp(frame.payload, payload, frame.count) == 0);
  }
}

static void should_refuse_what_breaks_the_protocol(void) {
  char bytes[300], payload[200] = {0};
  struct frame frame;
  CHECK(take_frame(bytes, masked(bytes, 0xc2, payload, 1), 100, &frame) == -PROTOCOL_ERROR);  // a reserved bit
  CHECK(take_frame(bytes, masked(bytes, 0x83, payload, 1), 100, &frame) == -PROTOCOL_ERROR);  // an unknown opcode
  CHECK(take_frame(bytes, masked(bytes, 0x09, payload, 1), 100, &frame) == -PROTOCOL_ERROR);  // a cut ping
  CHECK(take_frame(bytes, masked(bytes, 0x89, payload, 126), 200, &frame) == -PROTOCOL_ERROR);
  CHECK(take_frame(bytes, masked(bytes, 0x82, payload, 101), 100, &frame) == -TOO_LONG);
  CHECK(take_frame("\x82\x01x", 3, 100, &frame) == -PROTOCOL_ERROR);  // without a mask
}

static void should_know_utf8_and_codes(void) {
  CHECK(is_utf8("", 0) && is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
  CHECK(!is_utf8("\xc0\x80", 2) && !is_utf8("\xed\xa0\x80", 3) && !is_utf8("\xf4\x90\x80\x80", 4));
  CHECK(!is_utf8("\xe2\x82", 2) && !is_utf8("\x80", 1));
  CHECK(close_code("", 0) == 0 && close_code("\x03\xe8", 2) == 1000 && close_code("\x0f\xa0", 2) == 4000);
  CHECK(close_code("\x03", 1) == PROTOCOL_ERROR && close_code("\x03\xed", 2) == PROTOCOL_ERROR);
  CHECK(close_code("\x03\xe8\xff", 3) == NOT_UTF8);
}

static int status_of(const char *head, char answer[ANSWER_MAX_BYTES]) {
  return answer_handshake(head, strlen(head), answer);
}

static void should_answer_the_handshake_of_the_rfc(void) {
  char answer[ANSWER_MAX_BYTES];
  CHECK(status_of("GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                  answer) == 101);
  CHECK(strstr(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer) == 426);
  CHECK(status_of("POST / HTTP/1.1\r\n\r\n", answer) == 400);
  CHECK(status_of("", answer) == 400);
}

int main(void) {
  should_take_a_frame_only_when_it_is_whole();
  should_refuse_what_breaks_the_protocol();
  should_know_utf8_and_codes();
  should_answer_the_handshake_of_the_rfc();
  return 0;
}
