// Connect, say one message, verify the answer, close, again: `connections` of them at a time. An honest client that closes first and so keeps the
// TIME_WAIT; the source address changes every 20,000 connections, so ports do not run out.
#include "gen.h"
#include <sys/epoll.h>

enum { EVENTS = 1024 };
struct slot {
  int fd;
  bool connected;
  uint32_t at; // its message in the pattern
  long received;
  uint64_t began;
};
static struct slot *slots;
static char *buffer;
static int epoll;
static long opened, open_slots;
static bool settling; // no more are opened

static void begin(struct slot *s) {
  open_slots++;
  s->fd = open_socket(opened++, SOCK_NONBLOCK);
  s->connected = false;
  s->received = 0;
  s->at = (uint32_t)((uint64_t)opened * 7919 % PATTERN_PERIOD);
  s->began = now_nanos();
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = s};
  if (connect(s->fd, &load.server.any, load.server_length) != 0 && errno != EINPROGRESS)
    quit(EXIT_FAILED, "connect: %s", strerror(errno));
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) != 0) quit(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
}

static void end(struct slot *s, const char *error, int number) {
  if (error) load_error(error, opened, number);
  if (load.errors > 1000) quit(EXIT_FAILED, "more than 1000 errors");
  close(s->fd);
  open_slots--;
  if (!settling) begin(s);
}

static void on_event(struct slot *s, uint32_t events) {
  if (!s->connected) {
    int error = 0;
    socklen_t length = sizeof error;
    if (events & (EPOLLERR | EPOLLHUP)) {
      getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
      return end(s, "connect", error);
    }
    if (!(events & EPOLLOUT)) return;
    s->connected = true;
    if (send(s->fd, pattern + s->at, (size_t)load.bytes, MSG_NOSIGNAL) != load.bytes) return end(s, "send", errno);
  }
  if (!(events & EPOLLIN)) return;
  ssize_t n = recv(s->fd, buffer, (size_t)load.bytes, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return end(s, n == 0 ? "ended by the server" : "receive", n == 0 ? 0 : errno);
  if (memcmp(buffer, pattern + s->at + s->received, (size_t)n) != 0) return end(s, "a wrong byte", 0);
  s->received += n;
  if (s->received < load.bytes) return;
  histogram_record(&load.histogram, now_nanos() - s->began, 1);
  load.requests++;
  end(s, NULL, 0);
}

static void turn(void) {
  static struct epoll_event events[EVENTS];
  int n = epoll_wait(epoll, events, EVENTS, 100);
  for (int i = 0; i < n; i++) on_event(events[i].data.ptr, events[i].events);
}

static void run_until(uint64_t finish) {
  while (now_nanos() < finish) turn();
}

static void settle(void) {
  uint64_t finish = now_nanos() + SETTLE_NANOS;
  settling = true;
  while (open_slots > 0) {
    if (now_nanos() > finish) quit(EXIT_SILENT, "%ld connections were not answered", open_slots);
    turn();
  }
  settling = false;
}

static void open_all(void) {
  for (long i = 0; i < load.connections; i++) begin(&slots[i]);
}

void connect_main(void) {
  options_server();
  options_measure();
  options_end();
  load.engine = &engine_epoll;
  if (load.bytes > 65536) quit(EXIT_USAGE, "at most 65536 bytes here");
  need_descriptors(load.connections);
  open_pattern();
  epoll = epoll_create1(EPOLL_CLOEXEC);
  buffer = malloc((size_t)load.bytes);
  slots = calloc((size_t)load.connections, sizeof *slots);
  while (next_round()) {
    if (open_slots == 0) open_all();
    run_until(now_nanos() + load.warmup_nanos);
    if (load.step) settle();
    struct measured m = measure_begin();
    if (load.step) open_all(); // the clock is read before: the server accepts them meanwhile
    run_until(m.at + load.measure_nanos);
    if (load.step) settle();
    measure_end(&m);
    measure_print(&m, "connect", "%s", "");
  }
}
