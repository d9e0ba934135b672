#include "../src/conversation.h"
#include "../src/pauses.h"
#include "expect.h"

#include <stdbool.h>
#include <string.h>

static bool answers(enum expected before, const char *line, const char *expected, enum expected after) {
  char answer[ANSWER_MAX_BYTES];
  return answer_line(before, line, strlen(line), answer) == after && strcmp(answer, expected) == 0;
}

static void should_go_through_its_states(void) {
  EXPECT(answers(HELLO, "hello me", "welcome\n", PING_OR_BYE));
  EXPECT(answers(PING_OR_BYE, "ping 7", "pong 7\n", PING_OR_BYE));
  EXPECT(answers(PING_OR_BYE, "ping 123456789012345678", "pong 123456789012345678\n", PING_OR_BYE));
  EXPECT(answers(PING_OR_BYE, "bye", "bye\n", NOTHING));
}

static void should_end_when_something_else_is_said(void) {
  static const char *const TO_HELLO[] = {"", "hello", "hello ", "hello a b", "ping 1", "bye"};
  for (size_t i = 0; i < sizeof TO_HELLO / sizeof *TO_HELLO; i++) {
    EXPECT(answers(HELLO, TO_HELLO[i], "error expected hello\n", NOTHING));
  }
  static const char *const TO_PING[] = {"", "hello me", "ping", "ping ", "ping x", "ping 1234567890123456789", "bye bye"};
  for (size_t i = 0; i < sizeof TO_PING / sizeof *TO_PING; i++) {
    EXPECT(answers(PING_OR_BYE, TO_PING[i], "error expected ping or bye\n", NOTHING));
  }
}

static void should_pause_longer_each_time_up_to_a_limit(void) {
  static const uint32_t RANDOM[] = {0, 1, 12345, UINT32_MAX};
  for (int failures = 0; failures < 100; failures++) {
    int64_t whole = failures < 5 ? INT64_C(100) << failures : 2000;
    if (whole > 2000) whole = 2000;
    for (size_t i = 0; i < sizeof RANDOM / sizeof *RANDOM; i++) {
      int64_t millis = pause_millis(failures, 2000, RANDOM[i]);
      EXPECT(millis >= whole / 2 && millis <= whole);
    }
  }
  EXPECT(pause_millis(0, 1, 0) == 1);
}

int main(void) {
  should_go_through_its_states();
  should_end_when_something_else_is_said();
  should_pause_longer_each_time_up_to_a_limit();
  return failures > 0;
}
