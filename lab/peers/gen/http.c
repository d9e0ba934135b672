// HTTP: the same loops as for echo, with requests for bytes. An answer is right when it is a 200 whose length is that of the text expected, and has it.
#include "gen.h"

static const char EXPECTED[] = "Hello, World!\n";
enum { EXPECTED_BYTES = sizeof EXPECTED - 1, ANSWER_LIMIT = 4096 };

// The least that a client says, and what a browser does.
static const char MINIMAL[] = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char BROWSER[] =
    "GET /hello HTTP/1.1\r\n"
    "Host: www.example.com:8080\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7\r\n"
    "Cookie: session=7f3a9c0e4b1d8265f09a3c7e5d2b4a61; theme=dark; visited=2026-11-29; consent=functional%2Cstatistics\r\n"
    "If-None-Match: \"5f2b7d9c31ae\"\r\n"
    "\r\n";

// Of each connection: an answer of which only a part has come.
struct part {
  uint32_t length;
  char bytes[ANSWER_LIMIT];
};
static struct part **parts;
static uint32_t usual_head; // how long the last head was: the next one is looked at there first

static int64_t refuse(struct connection *c, const char *why) {
  connection_ended(c, why, 0);
  return -1;
}

// How long the head is, with the empty line; 0 where that has not come.
static size_t head_length(const char *bytes, size_t length) {
  if (usual_head >= 4 && usual_head <= length && memcmp(bytes + usual_head - 4, "\r\n\r\n", 4) == 0 &&
      memmem(bytes, usual_head - 4, "\r\n\r\n", 4) == NULL)
    return usual_head;
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  return usual_head = (uint32_t)(end + 4 - bytes);
}

static bool says_length(const char *head, size_t length) {
  for (const char *line = head; (line = memchr(line, '\n', length - (size_t)(line - head))) != NULL;) {
    line++;
    if (strncasecmp(line, "content-length:", 15) == 0) return strtol(line + 15, NULL, 10) == EXPECTED_BYTES;
  }
  return false;
}

// How many bytes the first answer takes; 0: more must come, -1: it is wrong.
static int64_t answer_length(struct connection *c, const char *bytes, size_t length) {
  size_t head = head_length(bytes, length);
  if (head == 0) return length < ANSWER_LIMIT - EXPECTED_BYTES ? 0 : refuse(c, "a head without an end");
  if (memcmp(bytes, "HTTP/1.1 200 ", 13) != 0) return refuse(c, "not a 200");
  if (!says_length(bytes, head)) return refuse(c, "no Content-Length, or a wrong one");
  if (length < head + EXPECTED_BYTES) return 0;
  if (memcmp(bytes + head, EXPECTED, EXPECTED_BYTES) != 0) return refuse(c, "another body");
  return (int64_t)(head + EXPECTED_BYTES);
}

static int64_t read_whole(struct connection *c, const char *bytes, size_t length, size_t *taken) {
  int64_t count = 0;
  *taken = 0;
  while (*taken < length) {
    int64_t one = answer_length(c, bytes + *taken, length - *taken);
    if (one < 0) return -1;
    if (one == 0) break;
    if (c->received == c->queued) return refuse(c, "more answers than requests");
    c->received += (uint64_t)load.bytes;
    *taken += (size_t)one;
    count++;
  }
  return count;
}

static int64_t keep(struct connection *c, struct part *part, const char *bytes, size_t length) {
  if (length > ANSWER_LIMIT) return refuse(c, "an answer that is too long");
  memmove(part->bytes, bytes, length);
  part->length = (uint32_t)length;
  return 0;
}

static int64_t read_answers(struct connection *c, const char *bytes, size_t length) {
  struct part *part = parts[c->index];
  int64_t count = 0, more;
  size_t taken;
  while (part && part->length > 0 && length > 0) { // byte by byte would do; as much as there is room for does too
    size_t room = ANSWER_LIMIT - part->length, before = part->length, added = length < room ? length : room;
    memcpy(part->bytes + before, bytes, added);
    part->length += (uint32_t)added;
    more = read_whole(c, part->bytes, part->length, &taken);
    if (more < 0) return -1;
    count += more;
    bytes += added;
    length -= added;
    if (more == 0 && part->length == ANSWER_LIMIT) return refuse(c, "an answer that is too long");
    keep(c, part, part->bytes + taken, part->length - taken);
  }
  more = read_whole(c, bytes, length, &taken);
  if (more < 0) return -1;
  if (taken == length) return count + more;
  if (!part) part = parts[c->index] = calloc(1, sizeof *part);
  return keep(c, part, bytes + taken, length - taken) < 0 ? -1 : count + more;
}

void http_main(void) {
  options_server();
  const char *head = option_text("--head", "minimal"), *request = strcmp(head, "browser") == 0 ? BROWSER : MINIMAL;
  if (request == MINIMAL && strcmp(head, "minimal") != 0) quit(EXIT_USAGE, "--head %s: not minimal or browser", head);
  load.bytes = (long)strlen(request);
  open_requests(request, (uint32_t)load.bytes);
  parts = calloc((size_t)load.connections, sizeof *parts);
  closed_loop("http", read_answers);
}
