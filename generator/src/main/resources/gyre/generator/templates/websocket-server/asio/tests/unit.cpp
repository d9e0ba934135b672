#include "check.hpp"
#include "text.hpp"

static void should_accept_texts_that_end_with_a_letter() {
  for (auto text : {"", "a", "K\xc3\xa4", "\xe6\x97\xa5", "\xf0\x9f\x8e\x89"}) {
    CHECK(!ends_within_letter(text));
  }
}

static void should_see_a_cut_letter() {
  for (auto text : {"\xc3", "a\xe6", "a\xe6\x97", "\xf0\x9f\x8e", "\xc3\xa4\xc3"}) {
    CHECK(ends_within_letter(text));
  }
}

int main() {
  should_accept_texts_that_end_with_a_letter();
  should_see_a_cut_letter();
  return failed_checks == 0 ? 0 : 1;
}
