// HTTP/1.1 on raw io_uring with a parser that does what no server can do without: the limit for all others. Requests have no body (one that says so is
// refused, and its connection closed), each is answered by the same text. Multishot accept into direct descriptors, multishot receive into a ring of
// provided buffers; the answers that a turn owes a connection leave in one send, from memory that has many of them in a row.
#include "c-uring.h"

enum {
  BUFFERS = 32,
  BUFFER_BYTES = 64 * 1024,
  HEAD_LIMIT = 16 * 1024,
  ROW = 64, // answers in a row
};

enum operation { ACCEPT, RECEIVE, SEND, SHUT, CLOSE };

struct connection {
  uint64_t owed, sent; // bytes of answers
  uint32_t sending;
  uint32_t kept;       // bytes of a head of which the rest has not come
  char *head;
  bool receiving, ended, dirty, open;
};

static struct ring ring;
static struct buffers buffers;
static struct connection *connections;
static uint32_t *dirty, dirty_count;
static uint32_t *starving, starving_count;
static bool given;
static char *answers;
static uint32_t answer_bytes, date_at;
static time_t dated;

static uint64_t tag(enum operation operation, uint32_t connection) { return (uint64_t)operation << 32 | connection; }

static void mark(uint32_t id) {
  if (connections[id].dirty) return;
  connections[id].dirty = true;
  dirty[dirty_count++] = id;
}

// ---- requests ----

// Characters that may be in a name or a method.
static bool token[256];
static void open_token(void) {
  for (int c = '0'; c <= '9'; c++) token[c] = true;
  for (int c = 'a'; c <= 'z'; c++) token[c] = token[c - 'a' + 'A'] = true;
  for (const char *c = "!#$%&'*+-.^_`|~"; *c; c++) token[(unsigned char)*c] = true;
}

static bool is_name(const char *name, size_t length, const char *lower) { return strlen(lower) == length && strncasecmp(name, lower, length) == 0; }

// Where the request ends; NULL: more must come. *wrong: it is none, or one that this does not serve.
static const char *request_end(const char *at, const char *end, bool *wrong) {
  const char *begin = at;
  *wrong = true;
  while (at < end && token[(unsigned char)*at]) at++;
  if (at == end) goto more;
  if (at == begin || *at++ != ' ') return NULL;
  while (at < end && (unsigned char)*at > ' ' && *at != 0x7f) at++;
  if (end - at < 11) goto more;
  if (memcmp(at, " HTTP/1.1\r\n", 11) != 0) return NULL;
  at += 11;
  bool host = false;
  while (at < end && *at != '\r') {
    const char *name = at;
    while (at < end && token[(unsigned char)*at]) at++;
    if (at == end) goto more;
    if (at == name || *at != ':') return NULL;
    size_t length = (size_t)(at - name);
    const char *value = ++at, *line = memchr(at, '\r', (size_t)(end - at));
    if (!line || line + 1 == end) goto more;
    for (; at < line; at++)
      if ((unsigned char)*at < ' ' && *at != '\t') return NULL;
    if (line[1] != '\n') return NULL;
    if (is_name(name, length, "host")) {
      if (host) return NULL;
      host = true;
    } else if (is_name(name, length, "content-length") || is_name(name, length, "transfer-encoding") || is_name(name, length, "expect")) {
      return NULL;
    } else if (is_name(name, length, "connection") && memmem(value, (size_t)(line - value), "close", 5)) {
      return NULL;
    }
    at = line + 2;
  }
  if (end - at < 2) goto more;
  if (at[1] != '\n' || !host) return NULL;
  *wrong = false;
  return at + 2;
more:
  *wrong = end - begin > HEAD_LIMIT;
  return NULL;
}

// Takes all requests that are whole; returns what is left.
static const char *take(struct connection *c, const char *at, const char *end) {
  while (at < end && !c->ended) {
    bool wrong;
    const char *next = request_end(at, end, &wrong);
    if (!next) {
      c->ended |= wrong;
      break;
    }
    c->owed += answer_bytes;
    at = next;
  }
  return at;
}

static void on_bytes(struct connection *c, const char *at, size_t length) {
  if (c->kept > 0) {
    if (c->kept + length > HEAD_LIMIT + BUFFER_BYTES) {
      c->ended = true;
      return;
    }
    memcpy(c->head + c->kept, at, length);
    at = c->head;
    length += c->kept;
  }
  const char *end = at + length, *left = take(c, at, end);
  c->kept = (uint32_t)(end - left);
  if (c->kept == 0) return;
  if (!c->head) c->head = malloc(HEAD_LIMIT + BUFFER_BYTES);
  memmove(c->head, left, c->kept);
}

// ---- the ring ----

static void accept_more(int listener) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_ACCEPT, listener, tag(ACCEPT, 0));
  sqe->ioprio = IORING_ACCEPT_MULTISHOT;
  sqe->file_index = IORING_FILE_INDEX_ALLOC;
}

static void receive(uint32_t id) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_RECV, (int)id, tag(RECEIVE, id));
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->ioprio = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
  sqe->buf_group = buffers.group;
  connections[id].receiving = true;
}

static void on_receive(uint32_t id, const struct io_uring_cqe *cqe) {
  struct connection *c = &connections[id];
  if (!(cqe->flags & IORING_CQE_F_MORE)) c->receiving = false;
  if (cqe->res > 0) {
    unsigned buffer;
    bool last;
    char *at = buffers_filled(&buffers, cqe, &buffer, &last);
    if (!c->ended) on_bytes(c, at, (size_t)cqe->res);
    if (last) {
      buffers_give(&buffers, buffer);
      given = true;
    }
  } else if (cqe->res == -ENOBUFS) {
    starving[starving_count++] = id;
    return;
  } else {
    c->ended = true;
  }
  mark(id);
}

static void on_send(uint32_t id, int result) {
  struct connection *c = &connections[id];
  if (result < 0) {
    c->ended = true;
    c->sent = c->owed;
  } else {
    c->sent += (uint32_t)result;
  }
  c->sending = 0;
  mark(id);
}

static void send_answers(uint32_t id, struct connection *c) {
  uint32_t row = ROW * answer_bytes, from = (uint32_t)(c->sent % answer_bytes);
  uint64_t left = c->owed - c->sent;
  c->sending = left < row - from ? (uint32_t)left : row - from;
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_SEND, (int)id, tag(SEND, id));
  sqe->flags = IOSQE_FIXED_FILE;
  sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
  sqe->addr = (uint64_t)(uintptr_t)(answers + from);
  sqe->len = c->sending;
}

static void settle(uint32_t id) {
  struct connection *c = &connections[id];
  c->dirty = false;
  if (!c->open) return;
  if (c->sending == 0 && c->owed > c->sent) send_answers(id, c);
  if (!c->ended) {
    if (!c->receiving) receive(id);
  } else if (c->sending == 0 && c->receiving) {
    ring_sqe(&ring, IORING_OP_SHUTDOWN, (int)id, tag(SHUT, id))->len = SHUT_RDWR;
    ring.sqes[(ring.sq_tail - 1) & ring.sq_mask].flags = IOSQE_FIXED_FILE;
  } else if (c->sending == 0) {
    ring_sqe(&ring, IORING_OP_CLOSE, 0, tag(CLOSE, id))->file_index = id + 1;
    c->open = false;
  }
}

static void on_accept(uint32_t id) {
  struct connection *c = &connections[id];
  *c = (struct connection){.head = c->head, .dirty = c->dirty, .open = true};
  receive(id);
}

static void handle(const struct io_uring_cqe *cqe, int listener) {
  uint32_t id = (uint32_t)cqe->user_data;
  switch ((enum operation)(cqe->user_data >> 32)) {
    case ACCEPT:
      if (cqe->res >= 0) on_accept((uint32_t)cqe->res);
      if (!(cqe->flags & IORING_CQE_F_MORE)) accept_more(listener);
      break;
    case RECEIVE: on_receive(id, cqe); break;
    case SEND: on_send(id, cqe->res); break;
    case SHUT: case CLOSE: break;
  }
}

// ---- answers ----

static void open_answers(void) {
  char one[512];
  int length = snprintf(one, sizeof one, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\nDate: ");
  date_at = (uint32_t)length;
  length += snprintf(one + length, sizeof one - (size_t)length, "Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nHello, World!\n");
  answer_bytes = (uint32_t)length;
  answers = malloc((size_t)answer_bytes * ROW);
  for (int i = 0; i < ROW; i++) memcpy(answers + (size_t)i * answer_bytes, one, answer_bytes);
}

// Once a second. What is being sent at that moment may have the one or the other.
static void date_answers(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec == dated) return;
  dated = now.tv_sec;
  char text[32];
  struct tm parts;
  gmtime_r(&dated, &parts);
  size_t length = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  for (int i = 0; i < ROW; i++) memcpy(answers + (size_t)i * answer_bytes + date_at, text, length);
}

static void end_turn(void) {
  if (given) {
    buffers_publish(&buffers);
    given = false;
    for (uint32_t i = 0; i < starving_count; i++) mark(starving[i]);
    starving_count = 0;
  }
  for (uint32_t i = 0; i < dirty_count; i++) settle(dirty[i]);
  dirty_count = 0;
}

static void turn(int listener) {
  ring_enter(&ring, 1, -1);
  date_answers();
  unsigned head = ring_head(&ring), tail = ring_tail(&ring);
  for (; head != tail; head++) handle(ring_cqe(&ring, head), listener);
  ring_seen(&ring, tail);
  end_turn();
}

void http_main(void) {
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  int listener = listen_tcp(port, 0);
  ring_open_or_quit(&ring, 4096, 16384);
  buffers_open(&buffers, &ring, 0, BUFFERS, BUFFER_BYTES);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  uint32_t files = limit.rlim_cur < 32768 ? (uint32_t)limit.rlim_cur : 32768; // the kernel allows no more than the limit
  struct io_uring_rsrc_register table = {.nr = files, .flags = IORING_RSRC_REGISTER_SPARSE};
  if (ring_register(&ring, IORING_REGISTER_FILES2, &table, sizeof table) != 0) quit(EXIT_UNSUPPORTED, "no direct descriptors: %s", strerror(errno));
  connections = calloc(files, sizeof *connections);
  dirty = calloc(files, sizeof *dirty);
  starving = calloc(files, sizeof *starving);
  open_token();
  open_answers();
  accept_more(listener);
  announce(listener);
  for (;;) turn(listener);
}
