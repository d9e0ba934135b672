#include "check.hpp"
#include "conversation.hpp"
#include "pauses.hpp"

static void should_go_through_its_states() {
  conversation talk;
  CHECK(talk.on("hello there") == "welcome");
  CHECK(talk.on("ping 1") == "pong 1");
  CHECK(talk.on("ping 007") == "pong 007");
  CHECK(!talk.has_ended());
  CHECK(talk.on("bye") == "bye");
  CHECK(talk.has_ended());
}

static void should_end_with_what_belongs_to_no_state() {
  for (auto line : {"", "hello", "hello ", "hello a b", "ping 1", "bye"}) {
    conversation talk;
    CHECK(talk.on(line) == "error expected hello");
    CHECK(talk.has_ended());
  }
  for (auto line : {"", "hello again", "ping", "ping ", "ping x", "ping 1234567890123456789"}) {
    conversation talk;
    talk.on("hello a");
    CHECK(talk.on(line) == "error expected ping or bye");
    CHECK(talk.has_ended());
  }
}

static void should_double_pauses_up_to_the_most() {
  pauses some(std::chrono::milliseconds(1'000), 7);
  for (long most : {100, 200, 400, 800, 1'000, 1'000}) {
    long pause = some.next().count();
    CHECK(pause >= most / 2 && pause <= most);
  }
  some.reset();
  CHECK(some.next().count() <= 100);
}

int main() {
  should_go_through_its_states();
  should_end_with_what_belongs_to_no_state();
  should_double_pauses_up_to_the_most();
  return failed_checks == 0 ? 0 : 1;
}
