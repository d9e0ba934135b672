#include "check.hpp"
#include "command.hpp"

static void should_take_commands() {
  auto set = parse_command("set a 100");
  CHECK(set && set->id == "a" && set->time && set->time->count() == 100);
  auto blanks = parse_command("  set\tb  0 \r");
  CHECK(blanks && blanks->id == "b" && blanks->time && blanks->time->count() == 0);
  auto cancel = parse_command("cancel a");
  CHECK(cancel && cancel->id == "a" && !cancel->time);
}

static void should_refuse_what_is_no_command() {
  for (auto line : {"", "set", "set a", "set a b", "set a -1", "set a 1 2", "set a 2592000001",
                    "set a 99999999999999999999", "cancel", "cancel a 1", "stop a"}) {
    CHECK(!parse_command(line));
  }
  CHECK(!parse_command("cancel " + std::string(id_max_bytes + 1, 'x')));
}

int main() {
  should_take_commands();
  should_refuse_what_is_no_command();
  return failed_checks == 0 ? 0 : 1;
}
