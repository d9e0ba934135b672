// Every connection says its message, half-closes, and must then get the whole answer and the end of the stream, and nothing else.
#include "gen.h"
#include <poll.h>

static bool read_some(struct connection *c, ssize_t *n, char *buffer) {
  struct pollfd readable = {.fd = c->fd, .events = POLLIN};
  if (poll(&readable, 1, 10000) != 1) return load_error("no end of the stream in 10 s", c->index, 0), false;
  *n = recv(c->fd, buffer, 65536, 0);
  if (*n < 0) return load_error("receive", c->index, errno), false;
  return true;
}

static void finish(struct connection *c, char *buffer) {
  ssize_t n;
  do {
    if (!read_some(c, &n, buffer)) return;
    if (c->received + (uint64_t)n > (uint64_t)load.bytes) return load_error("more bytes than were asked for", c->index, 0);
    if (memcmp(buffer, pattern + c->receive_at + c->received, (size_t)n) != 0) return load_error("a wrong byte", c->index, 0);
    c->received += (uint64_t)n;
  } while (n > 0);
  if (c->received < (uint64_t)load.bytes) load_error("ended before the whole answer", c->index, 0);
  else load.requests++;
}

void finish_main(void) {
  options_server();
  options_end();
  if (load.bytes > 65536) quit(EXIT_USAGE, "at most 65536 bytes here");
  load.engine = NULL;
  struct connection *connections = open_connections();
  char *buffer = malloc(65536);
  for (long i = 0; i < load.connections; i++) {
    struct connection *c = &connections[i];
    if (send(c->fd, pattern + c->send_at, (size_t)load.bytes, MSG_NOSIGNAL) != load.bytes) load_error("send", i, errno);
    shutdown(c->fd, SHUT_WR);
  }
  for (long i = 0; i < load.connections; i++) finish(&connections[i], buffer);
  printf("{\"mode\": \"finish\", \"connections\": %ld, \"requests\": %lu, \"errors\": %lu}\n", load.connections, (unsigned long)load.requests,
         (unsigned long)load.errors);
}
