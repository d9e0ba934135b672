// {{name}}: a server, and a client that stays connected to it, as state machines. Here the server takes lines; client.c is the client.
#include "client.h"
#include "conversation.h"
#include "server.h"

enum { OUTPUT_LIMIT_BYTES = 65536 };

static void end_with(struct connection *c, const char *answer) {
  put(c, answer, strlen(answer));
  c->ending = true;
}

static void on_input(struct server *s, struct connection *c) {
  while (is_writable(s, c)) {
    const char *line = buffer_start(&c->in);
    const char *end = memchr(line, '\n', buffered(&c->in));
    size_t count = end ? (size_t)(end - line) : buffered(&c->in);
    if (count > LINE_MAX_BYTES) {
      end_with(c, "error line too long\n");
      return;
    }
    if (!end) return;
    size_t text = count > 0 && line[count - 1] == '\r' ? count - 1 : count;
    char answer[ANSWER_MAX_BYTES];
    c->state = (int)answer_line((enum expected)c->state, line, text, answer);
    consume(c, count + 1);
    if (c->state == NOTHING) end_with(c, answer);
    else put(c, answer, strlen(answer));
  }
}

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  if (options.is_client) return run_client(&options);
  struct handler handler = {
      .input_limit = LINE_MAX_BYTES + 1,
      .output_limit = OUTPUT_LIMIT_BYTES,
      .on_input = on_input,
  };
  return run_server(&options, &handler);
}
