#include "check.hpp"
#include "framing.hpp"
#include "protocol.hpp"

constexpr std::size_t most = 20;

static std::string framed(std::string_view text) {
  std::string bytes;
  put_frame(bytes, text);
  return bytes;
}

static void should_take_a_message_only_when_it_is_whole() {
  std::string bytes = framed("echo a");
  for (std::size_t count = 0; count < bytes.size(); count++) {
    CHECK(take_frame(std::string_view(bytes).substr(0, count), most).state == frame::partial);
  }
  frame whole = take_frame(bytes, most);
  CHECK(whole.state == frame::whole);
  CHECK(whole.text == "echo a");
  CHECK(whole.bytes == bytes.size());
}

static void should_take_the_first_of_several() {
  std::string bytes = framed("") + framed("second");
  frame first = take_frame(bytes, most);
  CHECK(first.state == frame::whole && first.text.empty());
  CHECK(take_frame(std::string_view(bytes).substr(first.bytes), most).text == "second");
}

static void should_refuse_what_is_too_long() {
  CHECK(take_frame(framed(std::string(most, 'x')), most).state == frame::whole);
  CHECK(take_frame(framed(std::string(most + 1, 'x')), most).state == frame::too_long);
{{#lines}}
  CHECK(take_frame(std::string(most, 'x'), most).state == frame::partial);
  CHECK(take_frame(std::string(most + 1, 'x'), most).state == frame::too_long);
  CHECK(take_frame("a\r\n", most).text == "a");
{{/lines}}
{{#length}}
  CHECK(take_frame("\xff\xff\xff\xff", most).state == frame::too_long);
{{/length}}
}

static void should_answer_each_command() {
  CHECK(answer("ping").text == "pong");
  CHECK(answer("echo a b  c").text == "a b  c");
  CHECK(answer("echo").text.empty());
  CHECK(answer("quit").is_last);
  CHECK(answer("wait 60000").after.count() == 60'000);
  for (auto wrong : {"", "pong", "quit now", "wait", "wait -1", "wait 1x", "wait 60001"}) {
    CHECK(answer(wrong).text.rfind("error ", 0) == 0);
    CHECK(answer(wrong).after.count() == 0 && !answer(wrong).is_last);
  }
}

int main() {
  should_take_a_message_only_when_it_is_whole();
  should_take_the_first_of_several();
  should_refuse_what_is_too_long();
  should_answer_each_command();
  return failed_checks == 0 ? 0 : 1;
}
