// The engine for servers that speak TLS: edge-triggered epoll, and OpenSSL on each socket. Handshakes are made before the load begins, one after
// the other. No certificate is checked: a server is judged by how it works, and those under test have certificates of their own.
#include "gen.h"
#ifdef GYRE_TLS
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

enum { EVENTS = 1024, BUFFER_BYTES = 256 * 1024 };
static int epoll;
static char buffer[BUFFER_BYTES];
static SSL **sessions; // by the index of a connection

static const char *reason(void) {
  unsigned long error = ERR_get_error();
  return error ? ERR_reason_error_string(error) : NULL;
}

// Whether it is no failure that nothing came of it.
static bool must_wait(const struct connection *c, int result) {
  int why = SSL_get_error(sessions[c->index], result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void engine_send(struct connection *c) {
  while (c->sent < c->queued && !c->dead) {
    uint64_t length = c->queued - c->sent;
    if (length > PATTERN_SPAN) length = PATTERN_SPAN;
    ERR_clear_error();
    int n = SSL_write(sessions[c->index], pattern + c->send_at, (int)length);
    if (n <= 0 && must_wait(c, n)) return;
    if (n <= 0) return connection_ended(c, "send", errno);
    connection_sent(c, (size_t)n);
  }
}

// To the end of what is there: OpenSSL keeps what the kernel no longer tells of.
static void receive(struct connection *c) {
  while (!c->dead) {
    ERR_clear_error();
    int n = SSL_read(sessions[c->index], buffer, sizeof buffer);
    if (n <= 0 && must_wait(c, n)) return;
    if (n <= 0) return connection_ended(c, "ended by the server", 0);
    connection_data(c, buffer, (size_t)n);
  }
}

static SSL *shake_hands(SSL_CTX *context, struct connection *c, const char *name) {
  SSL *session = SSL_new(context);
  if (!session || SSL_set_fd(session, c->fd) != 1) quit(EXIT_FAILED, "TLS: no session for connection %u", c->index);
  unsigned char address[sizeof(struct in6_addr)];
  bool is_name = *name && inet_pton(AF_INET, name, address) != 1 && inet_pton(AF_INET6, name, address) != 1; // no server has an address for a name
  if (is_name) SSL_set_tlsext_host_name(session, name);
  ERR_clear_error();
  if (SSL_connect(session) != 1) {
    const char *why = reason();
    quit(EXIT_FAILED, "TLS handshake of connection %u: %s", c->index, why ? why : "the server ended it");
  }
  return session;
}

static bool engine_open(struct connection *connections, long count) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) quit(EXIT_FAILED, "TLS: no context");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  sessions = calloc((size_t)count, sizeof *sessions);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  for (long i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = &connections[i]};
    sessions[i] = shake_hands(context, &connections[i], load.tls_name);
    fcntl(connections[i].fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event) != 0) quit(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
  }
  return true;
}

static void engine_turn(bool wait, int64_t timeout_nanos) {
  static struct epoll_event events[EVENTS];
  int n = epoll_wait(epoll, events, EVENTS, wait ? (int)(timeout_nanos / 1000000 + 1) : 0);
  for (int i = 0; i < n; i++) {
    struct connection *c = events[i].data.ptr;
    if (events[i].events & ~(uint32_t)EPOLLOUT) receive(c);
    if (c->sent < c->queued) engine_send(c);
  }
}
#else
static bool engine_open(struct connection *connections, long count) {
  (void)connections, (void)count;
  quit(EXIT_UNSUPPORTED, "the generator was built without OpenSSL: apt-get install libssl-dev, and build it again");
}

static void engine_send(struct connection *c) { (void)c; }

static void engine_turn(bool wait, int64_t timeout_nanos) { (void)wait, (void)timeout_nanos; }
#endif

const struct engine engine_tls = {"tls", engine_open, engine_send, engine_turn};
