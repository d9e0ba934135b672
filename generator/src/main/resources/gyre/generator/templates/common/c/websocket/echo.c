// {{name}}: a WebSocket server: each message goes back as it came. What is done with messages is here.
#define _GNU_SOURCE
#include "frames.h"
#include "handshake.h"
#include "server.h"

enum { OUTPUT_LIMIT_BYTES = 65536 };
enum { HANDSHAKE = 0, OPEN, CLOSING };  // states of a connection

// The fragments of a message that is not whole yet.
struct message {
  bool has_begun;
  enum opcode opcode;
  size_t count;
  char bytes[];  // of max_message
};

static void put_frame(struct connection *c, enum opcode opcode, const char *payload, size_t count) {
  unsigned char head[FRAME_HEAD_MAX];
  put(c, head, frame_head(opcode, count, head));
  put(c, payload, count);
}

static void put_close(struct connection *c, int code) {
  char payload[2] = {(char)(code >> 8), (char)code};
  put_frame(c, CLOSE, payload, code ? sizeof payload : 0);
  c->state = CLOSING;
  c->ending = true;
}

// ---- what is done with a message

static void on_message(struct connection *c, enum opcode opcode, const char *payload, size_t count) {
  if (opcode == TEXT && !is_utf8(payload, count)) put_close(c, NOT_UTF8);
  else put_frame(c, opcode, payload, count);
}

// ---- frames

// The rest of a message, which may be in several frames.
static void on_fragment(struct server *s, struct connection *c, const struct frame *frame) {
  struct message *message = c->extra;
  size_t most = (size_t)s->options.max_message_bytes;
  bool is_first = frame->opcode != CONTINUATION;
  if (is_first == (message && message->has_begun)) {
    put_close(c, PROTOCOL_ERROR);
    return;
  }
  if (is_first && frame->is_last) {
    on_message(c, frame->opcode, frame->payload, frame->count);
    return;
  }
  if (!message) message = c->extra = calloc(1, sizeof *message + most);
  if (!message || message->count + frame->count > most) {
    put_close(c, TOO_LONG);
    return;
  }
  if (is_first) message->opcode = frame->opcode;
  message->has_begun = true;
  memcpy(message->bytes + message->count, frame->payload, frame->count);
  message->count += frame->count;
  if (frame->is_last) {
    on_message(c, message->opcode, message->bytes, message->count);
    free(message);
    c->extra = NULL;
  }
}

static void on_frame(struct server *s, struct connection *c, const struct frame *frame) {
  switch (frame->opcode) {
    case PING:
      put_frame(c, PONG, frame->payload, frame->count);
      break;
    case PONG:
      break;
    case CLOSE:
      put_close(c, close_code(frame->payload, frame->count));
      break;
    default:
      on_fragment(s, c, frame);
  }
}

static void shake_hands(struct connection *c) {
  const char *start = buffer_start(&c->in);
  const char *end = memmem(start, buffered(&c->in), "\r\n\r\n", 4);
  size_t count = end ? (size_t)(end - start) + 4 : buffered(&c->in);
  if (!end && count < HEAD_MAX_BYTES) return;
  char answer[ANSWER_MAX_BYTES];
  int status = answer_handshake(start, end ? count : 0, answer);
  put(c, answer, strlen(answer));
  consume(c, count);
  c->state = OPEN;
  if (status != 101) c->ending = true;
}

static void on_input(struct server *s, struct connection *c) {
  if (c->state == HANDSHAKE) shake_hands(c);
  while (c->state == OPEN && is_writable(s, c)) {
    struct frame frame;
    size_t most = (size_t)s->options.max_message_bytes;
    long all = take_frame(buffer_start(&c->in), buffered(&c->in), most, &frame);
    if (all == 0) break;
    if (all < 0) {
      put_close(c, (int)-all);
      break;
    }
    on_frame(s, c, &frame);
    consume(c, (size_t)all);
  }
}

static void on_stop(struct server *s, struct connection *c) {
  (void)s;
  if (c->state == OPEN) put_close(c, GOING_AWAY);
}

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  size_t frame_bytes = (size_t)options.max_message_bytes + FRAME_HEAD_MAX;
  struct handler handler = {
      .input_limit = frame_bytes > HEAD_MAX_BYTES ? frame_bytes : HEAD_MAX_BYTES,
      .output_limit = OUTPUT_LIMIT_BYTES,
      .on_input = on_input,
      .on_stop = on_stop,
  };
  return run_server(&options, &handler);
}
