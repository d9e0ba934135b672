// What the unit tests need: a failed check says where, and the program exits with 1.
#pragma once
#include <iostream>

inline int failed_checks = 0;

inline void check(bool holds, const char *what, const char *file, int line) {
  if (holds) return;
  failed_checks++;
  std::cerr << file << ':' << line << ": " << what << std::endl;
}

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
