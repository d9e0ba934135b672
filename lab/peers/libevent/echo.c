// Echo on bufferevents: what is in the input buffer is moved to the output buffer, without a copy.
#include "libevent.h"

enum { OUTPUT_LIMIT = 1024 * 1024 }; // unsent bytes of a connection at which its reading pauses

static void on_read(struct bufferevent *connection, void *unused) {
  (void)unused;
  struct evbuffer *output = bufferevent_get_output(connection);
  evbuffer_add_buffer(output, bufferevent_get_input(connection));
  if (evbuffer_get_length(output) > OUTPUT_LIMIT) bufferevent_disable(connection, EV_READ);
}

static void on_drained(struct bufferevent *connection, void *unused) {
  (void)unused;
  if (!(bufferevent_get_enabled(connection) & EV_READ)) bufferevent_enable(connection, EV_READ);
}

static void on_last_drained(struct bufferevent *connection, void *unused) {
  (void)unused;
  bufferevent_free(connection);
}

static void on_event(struct bufferevent *connection, short events, void *unused) {
  (void)unused;
  if ((events & BEV_EVENT_EOF) && evbuffer_get_length(bufferevent_get_output(connection)) > 0)
    bufferevent_setcb(connection, NULL, on_last_drained, on_event, NULL);
  else bufferevent_free(connection);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *unused) {
  (void)address;
  (void)length;
  (void)unused;
  struct bufferevent *connection = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(connection, on_read, on_drained, on_event, NULL);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static void on_signal(evutil_socket_t signal, short events, void *base) {
  (void)signal;
  (void)events;
  event_base_loopbreak(base);
}

void echo_main(void) {
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  int fd = listen_tcp(port, SOCK_NONBLOCK);
  struct event_base *base = event_base_new();
  evconnlistener_new(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
  announce(fd);
  event_add(evsignal_new(base, SIGTERM, on_signal, base), NULL);
  event_base_dispatch(base);
}
