// One loop. Accepting is libuv's; what it can't do by itself is to leave a connection alone, and to stop when the system has no more.
#include "service.h"

#include <signal.h>

enum { BACKLOG = 1024, PAUSE_MILLIS = 100 };

void check(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "{{name}}: %s: %s\n", what, uv_strerror(result));
  exit(1);
}

// ---- the end

static void close_all(struct service *s) {
  uv_close((uv_handle_t *)&s->term, NULL);
  uv_close((uv_handle_t *)&s->interrupt, NULL);
  uv_close((uv_handle_t *)&s->pause, NULL);
  uv_close((uv_handle_t *)&s->drain, NULL);
}

static void on_drained_too_long(uv_timer_t *timer) {
  struct service *s = timer->data;
  fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s->connections);
  s->status = 1;
  uv_stop(&s->loop);
}

static void stop_listening(struct service *s, uv_close_cb on_closed) {
  if (!s->listening) return;
  s->listening = s->owes_accept = false;
  uv_close((uv_handle_t *)&s->listener, on_closed);
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct service *s = signal->data;
  if (s->draining) {  // asked twice
    s->status = 1;
    uv_stop(&s->loop);
    return;
  }
  s->draining = true;
  stop_listening(s, NULL);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
  if (s->connections == 0) {
    close_all(s);
    return;
  }
  uv_timer_start(&s->drain, on_drained_too_long, (uint64_t)s->options->drain_seconds * 1000, 0);
  if (s->on_stop) s->on_stop(s);
}

void service_opened(struct service *s) { s->connections++; }

void service_closed(struct service *s) {
  s->connections--;
  if (s->draining && s->connections == 0) close_all(s);
}

// ---- accepting

static void take_connection(struct service *s);

static void on_refused(uv_handle_t *refused) {
  struct service *s = refused->data;
  s->refusing = false;
  if (!s->owes_accept) return;
  s->owes_accept = false;
  take_connection(s);
}

// Too many, or no memory: better one less than all of them slow. It takes no memory, so one handle is for all of them.
static void refuse_connection(struct service *s) {
  s->refusing = true;
  check(uv_tcp_init(&s->loop, &s->refused), "uv_tcp_init");
  uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&s->refused);
  uv_close((uv_handle_t *)&s->refused, on_refused);
}

static void take_connection(struct service *s) {
  uv_stream_t *listener = (uv_stream_t *)&s->listener;
  bool has_room = s->connections < s->options->max_connections;
  if (has_room && s->on_connection(s, listener)) return;
  if (s->refusing) s->owes_accept = true;  // libuv accepts no other until uv_accept has been called
  else refuse_connection(s);
}

static void on_pause_over(uv_timer_t *timer);

static void pause_accepting(struct service *s) {
  uv_timer_start(&s->pause, on_pause_over, PAUSE_MILLIS, 0);
}

static void on_listener_closed(uv_handle_t *listener) {
  struct service *s = listener->data;
  if (!s->draining) pause_accepting(s);
}

// When descriptors run out, libuv keeps one with which it accepts and closes. What is told is that this has failed too, and would at once
// be told again: libuv's only way to stop is to close the listener.
static void on_connection(uv_stream_t *listener, int status) {
  struct service *s = listener->data;
  switch (status) {
    case 0:
      take_connection(s);
      break;
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOBUFS:
    case UV_ENOMEM:
      fprintf(stderr, "{{name}}: accept: %s; pausing for %d ms\n", uv_strerror(status), PAUSE_MILLIS);
      stop_listening(s, on_listener_closed);
      break;
    default:  // of a connection that has gone meanwhile
      break;
  }
}

static int listen_at(struct service *s, const struct sockaddr_in *address) {
  check(uv_tcp_init(&s->loop, &s->listener), "uv_tcp_init");
  s->listening = true;
  int result = uv_tcp_bind(&s->listener, (const struct sockaddr *)address, 0);
  if (result == 0) result = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
  return result;
}

static void on_pause_over(uv_timer_t *timer) {
  struct service *s = timer->data;
  if (listen_at(s, &s->bound) < 0) stop_listening(s, on_listener_closed);  // and another pause
}

// ---- the program

static void open_all(struct service *s) {
  check(uv_loop_init(&s->loop), "uv_loop_init");
  check(uv_timer_init(&s->loop, &s->pause), "uv_timer_init");
  check(uv_timer_init(&s->loop, &s->drain), "uv_timer_init");
  check(uv_signal_init(&s->loop, &s->term), "uv_signal_init");
  check(uv_signal_init(&s->loop, &s->interrupt), "uv_signal_init");
  s->listener.data = s->refused.data = s->pause.data = s->drain.data = s;
  s->term.data = s->interrupt.data = s;
  check(uv_signal_start(&s->term, on_signal, SIGTERM), "uv_signal_start");
  check(uv_signal_start(&s->interrupt, on_signal, SIGINT), "uv_signal_start");
  check(listen_at(s, &s->options->address), "listen");

  int length = sizeof s->bound;
  check(uv_tcp_getsockname(&s->listener, (struct sockaddr *)&s->bound, &length), "getsockname");
  char host[INET_ADDRSTRLEN];
  check(uv_ip4_name(&s->bound, host, sizeof host), "uv_ip4_name");
  printf("listening on %s:%d\n", host, ntohs(s->bound.sin_port));
  fflush(stdout);
}

int service_run(struct service *s) {
  signal(SIGPIPE, SIG_IGN);  // libuv writes without MSG_NOSIGNAL
  open_all(s);
  uv_run(&s->loop, UV_RUN_DEFAULT);
  if (s->status == 0) check(uv_loop_close(&s->loop), "uv_loop_close");  // a handle that stays is a fault
  return s->status;
}
