// HTTP of any server: the same loops as for echo, with GET requests for a path. An answer is right when it is a 2xx or 3xx whose end is told by
// Content-Length or by chunks; what it says is not looked at.
#include "gen.h"

enum { HEAD_LIMIT = 16384, REQUEST_LIMIT = 4096 };
enum reading { HEAD, BODY, CHUNK_SIZE, CHUNK, TRAILER };

struct answer {
  enum reading reading;
  uint64_t left; // of a body, or of a chunk with its line break
  uint32_t length;
  char head[HEAD_LIMIT]; // or the line with the size of a chunk, or a line of the trailer
};
static struct answer **reads;

static int64_t refuse(struct connection *c, const char *why) {
  connection_ended(c, why, 0);
  return -1;
}

// The value of a field, or NULL; the head ends with an empty line and a zero byte.
static const char *field(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strchr(head, '\n'); line != NULL; line = strchr(line, '\n')) {
    line++;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1 + strspn(line + length + 1, " \t");
  }
  return NULL;
}

// 1: the answer ends here, 0: more must come, -1: it is wrong.
static int begin_body(struct connection *c, struct answer *a) {
  char *head = a->head, why[64];
  head[a->length] = 0;
  a->length = 0;
  if (strncmp(head, "HTTP/1.", 7) != 0) return (int)refuse(c, "not HTTP/1.x");
  if (strlen(head) < 12 || (head[9] != '2' && head[9] != '3')) {
    snprintf(why, sizeof why, "answered by status %.3s", strlen(head) < 12 ? "?" : head + 9);
    return (int)refuse(c, why);
  }
  if (strncmp(head + 9, "204", 3) == 0 || strncmp(head + 9, "304", 3) == 0) return 1;
  const char *coding = field(head, "transfer-encoding"), *length = field(head, "content-length");
  if (coding) {
    if (strncasecmp(coding, "chunked", 7) != 0) return (int)refuse(c, "a transfer coding other than chunked");
    a->reading = CHUNK_SIZE;
    return 0;
  }
  if (!length) return (int)refuse(c, "neither Content-Length nor chunks: the end of an answer cannot be seen");
  a->left = strtoull(length, NULL, 10);
  a->reading = BODY;
  return a->left == 0;
}

// Adds to a->head until a line ends; how many bytes were taken.
static size_t read_line(struct answer *a, const char *bytes, size_t length, bool *ended) {
  const char *end = memchr(bytes, '\n', length);
  size_t taken = end ? (size_t)(end + 1 - bytes) : length, room = HEAD_LIMIT - 1 - a->length, kept = taken < room ? taken : room;
  memcpy(a->head + a->length, bytes, kept);
  a->length += (uint32_t)kept;
  *ended = end != NULL;
  return taken;
}

static size_t skip(struct answer *a, size_t length) {
  size_t taken = length < a->left ? length : (size_t)a->left;
  a->left -= taken;
  return taken;
}

// How many bytes were taken, 0 where it is wrong; `ended` where the answer does.
static size_t step(struct connection *c, struct answer *a, const char *bytes, size_t length, bool *ended) {
  bool line;
  size_t taken;
  switch (a->reading) {
    case HEAD: {
      taken = read_line(a, bytes, length, &line);
      if (a->length == HEAD_LIMIT - 1) return refuse(c, "a head that is too long"), (size_t)0;
      bool empty = line && a->length >= 4 && memcmp(a->head + a->length - 4, "\r\n\r\n", 4) == 0;
      if (!empty) return taken;
      int outcome = begin_body(c, a);
      *ended = outcome > 0;
      return outcome < 0 ? 0 : taken;
    }
    case BODY:
      taken = skip(a, length);
      *ended = a->left == 0;
      return taken;
    case CHUNK_SIZE:
      taken = read_line(a, bytes, length, &line);
      if (!line) return taken;
      a->head[a->length] = 0;
      a->length = 0;
      a->left = strtoull(a->head, NULL, 16);
      a->reading = a->left == 0 ? TRAILER : CHUNK;
      a->left += 2;
      return taken;
    case CHUNK:
      taken = skip(a, length);
      if (a->left == 0) a->reading = CHUNK_SIZE;
      return taken;
    case TRAILER:
      taken = read_line(a, bytes, length, &line);
      if (!line) return taken;
      *ended = a->length <= 2;
      a->length = 0;
      return taken;
  }
  return 0;
}

static int64_t read_get(struct connection *c, const char *bytes, size_t length) {
  struct answer *a = reads[c->index];
  int64_t count = 0;
  for (size_t at = 0; at < length;) {
    if (a->reading == HEAD && a->length == 0 && c->received == c->queued) return refuse(c, "more answers than requests");
    bool ended = false;
    size_t taken = step(c, a, bytes + at, length - at, &ended);
    if (taken == 0) return -1;
    at += taken;
    if (!ended) continue;
    c->received += (uint64_t)load.bytes;
    a->reading = HEAD;
    a->length = 0;
    count++;
  }
  return count;
}

void get_main(void) {
  static char request[REQUEST_LIMIT];
  options_server();
  const char *path = option_text("--path", "/"), *host = option_text("--host-field", "localhost");
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: gyre-gates\r\nAccept: */*\r\n\r\n", path, host);
  if (length >= REQUEST_LIMIT) quit(EXIT_USAGE, "--path and --host-field together may have %d bytes", REQUEST_LIMIT - 100);
  load.bytes = length;
  open_requests(request, (uint32_t)load.bytes);
  reads = calloc((size_t)load.connections, sizeof *reads);
  for (long i = 0; i < load.connections; i++) reads[i] = calloc(1, sizeof **reads);
  closed_loop("get", read_get);
}
