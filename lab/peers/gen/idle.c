// Many connections that do nothing, or nearly: for the memory and the idle CPU time of a server.
#include "gen.h"
#include <poll.h>
#include <sys/signalfd.h>

static struct connection *connections;
static char *buffer;

static bool receive_all(struct connection *c) {
  for (long got = 0; got < load.bytes;) {
    struct pollfd readable = {.fd = c->fd, .events = POLLIN};
    if (poll(&readable, 1, 10000) != 1) return load_error("no answer in 10 s", c->index, 0), false;
    ssize_t n = recv(c->fd, buffer + got, (size_t)(load.bytes - got), 0);
    if (n <= 0) return load_error(n == 0 ? "ended by the server" : "receive", c->index, n == 0 ? 0 : errno), false;
    got += n;
  }
  return true;
}

static void touch(struct connection *c) {
  if (c->dead) return;
  if (send(c->fd, pattern + c->send_at, (size_t)load.bytes, MSG_NOSIGNAL) != load.bytes) load_error("send", c->index, errno), c->dead = true;
  else if (!receive_all(c)) c->dead = true;
  else if (memcmp(buffer, pattern + c->send_at, (size_t)load.bytes) != 0) load_error("a wrong byte", c->index, 0), c->dead = true;
  else load.requests++;
  c->send_at = pattern_forward(c->send_at, (uint64_t)load.bytes);
}

static void hold(int64_t touch_nanos) {
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  sigprocmask(SIG_BLOCK, &terminate, NULL);
  struct pollfd ends[2] = {{.fd = signalfd(-1, &terminate, 0), .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  struct timespec pause = {.tv_sec = touch_nanos / 1000000000, .tv_nsec = touch_nanos % 1000000000};
  char ignored[256];
  for (long next = 0;; next = (next + 1) % load.connections) {
    int n = ppoll(ends, 2, touch_nanos ? &pause : NULL, NULL);
    if (n > 0 && (ends[0].revents || read(STDIN_FILENO, ignored, sizeof ignored) <= 0)) return;
    if (n == 0) touch(&connections[next]);
  }
}

void idle_main(void) {
  options_server();
  bool silent = option_flag("--silent");
  int64_t touch_nanos = option_long("--touch-ms", 0, 1, 3600000) * 1000000;
  options_end();
  load.engine = NULL;
  if (load.bytes > 65536) quit(EXIT_USAGE, "at most 65536 bytes here");
  connections = open_connections();
  buffer = malloc((size_t)load.bytes);
  for (long i = 0; i < load.connections && !silent; i++) touch(&connections[i]);
  if (load.errors > 0) quit(EXIT_FAILED, "not all connections answer");
  puts("ready");
  fflush(stdout);
  hold(touch_nanos);
  for (long i = 0; i < load.connections && !silent; i++) touch(&connections[i]); // still there, and still right
  printf("{\"mode\": \"idle\", \"connections\": %ld, \"requests\": %lu, \"errors\": %lu}\n", load.connections, (unsigned long)load.requests,
         (unsigned long)load.errors);
}
