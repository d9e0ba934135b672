// What a test says if something is not as it should be.
#pragma once
#include <stdio.h>

static int failures;

#define EXPECT(condition)                                                        \
  do {                                                                           \
    if (!(condition)) {                                                          \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
      failures++;                                                                \
    }                                                                            \
  } while (0)
