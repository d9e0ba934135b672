// WebSocket: the same loops as for echo. Each connection is upgraded before it is driven, and says masked binary messages of the same bytes; an answer is
// right when it is the message, unmasked and in one frame.
#include "gen.h"

enum { HEAD_LIMIT = 4096, PAYLOAD_LIMIT = 65535, FRAME_EXTRA = 4, MASK_BYTES = 4 };
static const unsigned char MASK[MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};
static const char UPGRADE[] =
    "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; // of that key

static unsigned char answer[FRAME_EXTRA + PAYLOAD_LIMIT];
static uint32_t answer_length;
static uint32_t *at; // of each connection: how much of an answer has come

// The blocking part, before the engine has the socket: a server says nothing behind its head before it is asked.
static void upgrade(int fd, long number) {
  char head[HEAD_LIMIT];
  size_t length = 0;
  if (send(fd, UPGRADE, sizeof UPGRADE - 1, MSG_NOSIGNAL) != sizeof UPGRADE - 1) quit(EXIT_FAILED, "connection %ld: %s", number, strerror(errno));
  while (length < 4 || memcmp(head + length - 4, "\r\n\r\n", 4) != 0) {
    if (length == sizeof head - 1) quit(EXIT_FAILED, "connection %ld: a head without an end", number);
    ssize_t got = recv(fd, head + length, 1, 0);
    if (got <= 0) quit(EXIT_FAILED, "connection %ld: ended before it was upgraded", number);
    length += (size_t)got;
  }
  head[length] = 0;
  if (strncmp(head, "HTTP/1.1 101 ", 13) != 0 || !strstr(head, ACCEPT)) quit(EXIT_FAILED, "connection %ld is not upgraded: %.60s", number, head);
}

static uint32_t put_head(unsigned char *frame, uint32_t payload, bool is_masked) {
  uint32_t bit = is_masked ? 0x80 : 0;
  frame[0] = 0x82; // a whole binary message
  if (payload < 126) {
    frame[1] = (unsigned char)(bit | payload);
    return 2;
  }
  frame[1] = (unsigned char)(bit | 126);
  frame[2] = (unsigned char)(payload >> 8);
  frame[3] = (unsigned char)payload;
  return 4;
}

static int64_t read_messages(struct connection *c, const char *bytes, size_t length) {
  uint32_t *here = &at[c->index];
  int64_t count = 0;
  while (length > 0) {
    if (c->received == c->queued) return connection_ended(c, "more answers than messages", 0), -1;
    size_t part = answer_length - *here < length ? answer_length - *here : length;
    if (memcmp(answer + *here, bytes, part) != 0) return connection_ended(c, "a wrong byte", 0), -1;
    bytes += part;
    length -= part;
    *here += (uint32_t)part;
    if (*here < answer_length) break;
    *here = 0;
    c->received += (uint64_t)load.bytes;
    count++;
  }
  return count;
}

void websocket_main(void) {
  static unsigned char question[FRAME_EXTRA + MASK_BYTES + PAYLOAD_LIMIT];
  options_server();
  if (load.bytes > PAYLOAD_LIMIT - FRAME_EXTRA - MASK_BYTES) quit(EXIT_USAGE, "--bytes may be %d here", PAYLOAD_LIMIT - FRAME_EXTRA - MASK_BYTES);
  uint32_t payload = (uint32_t)load.bytes, head = put_head(question, payload, true), plain = put_head(answer, payload, false);
  uint64_t seed = 7;
  memcpy(question + head, MASK, MASK_BYTES);
  for (uint32_t i = 0; i < payload; i++) {
    answer[plain + i] = (unsigned char)random_next(&seed);
    question[head + MASK_BYTES + i] = answer[plain + i] ^ MASK[i % MASK_BYTES];
  }
  answer_length = plain + payload;
  load.bytes = (long)(head + MASK_BYTES + payload);
  open_requests((const char *)question, (uint32_t)load.bytes);
  at = calloc((size_t)load.connections, sizeof *at);
  greet = upgrade;
  closed_loop("websocket", read_messages);
}
