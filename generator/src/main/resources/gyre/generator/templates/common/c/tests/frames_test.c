#include "../src/frames.h"
#include "../src/handshake.h"
#include "expect.h"

#include <string.h>

enum { MOST = 1000 };

static void should_take_a_frame_when_it_is_whole(void) {
  // Of RFC 6455, 5.7: a text "Hello" with a mask.
  static const char FRAME[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  for (size_t count = 0; count < 11; count++) {
    char bytes[11];
    memcpy(bytes, FRAME, 11);
    struct frame frame;
    EXPECT(take_frame(bytes, count, MOST, &frame) == 0);
  }
  char bytes[11];
  memcpy(bytes, FRAME, 11);
  struct frame frame;
  EXPECT(take_frame(bytes, 11, MOST, &frame) == 11);
  EXPECT(frame.is_last && frame.opcode == TEXT && frame.count == 5 && memcmp(frame.payload, "Hello", 5) == 0);
}

static void should_refuse_what_breaks_the_protocol(void) {
  static const struct {
    const char *head;
    size_t count;
    long result;
  } CASES[] = {
      {"\x81\x01x", 3, -PROTOCOL_ERROR},                              // without a mask
      {"\xa1\x80", 2, -PROTOCOL_ERROR},                               // a reserved bit
      {"\x83\x80", 2, -PROTOCOL_ERROR},                               // an unknown opcode
      {"\x09\x80", 2, -PROTOCOL_ERROR},                               // a ping in fragments
      {"\x89\xfe", 2, -PROTOCOL_ERROR},                               // a ping of more than 125 bytes
      {"\x82\xfe\x03\xe9", 4, -TOO_LONG},                             // 1001 bytes
      {"\x82\xff\x00\x00\x01\x00\x00\x00\x00\x00", 10, -TOO_LONG},    // a TiB, said and not sent
      {"\x82\xfe\x03\xe8", 4, 0},                                     // 1000 bytes, which are to come
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char bytes[16];
    memcpy(bytes, CASES[i].head, CASES[i].count);
    struct frame frame;
    EXPECT(take_frame(bytes, CASES[i].count, MOST, &frame) == CASES[i].result);
  }
}

static void should_write_each_kind_of_length(void) {
  unsigned char head[FRAME_HEAD_MAX];
  EXPECT(frame_head(TEXT, 125, head) == 2 && head[0] == 0x81 && head[1] == 125);
  EXPECT(frame_head(BINARY, 126, head) == 4 && head[1] == 126 && head[2] == 0 && head[3] == 126);
  EXPECT(frame_head(BINARY, 65536, head) == 10 && head[1] == 127 && head[7] == 1 && head[9] == 0);
}

static void should_know_utf8(void) {
  EXPECT(is_utf8("", 0) && is_utf8("K\xc3\xa4se", 5) && is_utf8("\xf4\x8f\xbf\xbf", 4));
  EXPECT(!is_utf8("\xc3", 1) && !is_utf8("\xff", 1) && !is_utf8("\xc0\x80", 2));
  EXPECT(!is_utf8("\xed\xa0\x80", 3) && !is_utf8("\xf4\x90\x80\x80", 4));
}

static void should_answer_a_close(void) {
  EXPECT(close_code("", 0) == 0 && close_code("\x03\xe8", 2) == 1000);
  EXPECT(close_code("\x03", 1) == PROTOCOL_ERROR && close_code("\x03\xed", 2) == PROTOCOL_ERROR);
  EXPECT(close_code("\x03\xe8\xff", 3) == NOT_UTF8);
}

static void should_shake_hands(void) {
  static const char HEAD[] = "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  char answer[ANSWER_MAX_BYTES];
  EXPECT(answer_handshake(HEAD, strlen(HEAD), answer) == 101);
  EXPECT(strstr(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  static const char PAGE[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT(answer_handshake(PAGE, strlen(PAGE), answer) != 101);
}

int main(void) {
  should_take_a_frame_when_it_is_whole();
  should_refuse_what_breaks_the_protocol();
  should_write_each_kind_of_length();
  should_know_utf8();
  should_answer_a_close();
  should_shake_hands();
  return failures > 0;
}
