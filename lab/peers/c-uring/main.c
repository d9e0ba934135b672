#include "c-uring.h"
#include "../common/spawn.h"

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "echo") == 0) echo_main();
  else if (strcmp(mode, "http") == 0) http_main();
  else if (strcmp(mode, "events") == 0) uring_events_main();
  else if (strcmp(mode, "cascade") == 0) uring_cascade_main();
  else if (strcmp(mode, "timers") == 0) uring_timers_main();
  else if (strcmp(mode, "wake") == 0) uring_wake_main();
  else if (strcmp(mode, "files") == 0) uring_files_main();
  else if (strcmp(mode, "watch") == 0) uring_watch_main();
  else if (strcmp(mode, "spawn") == 0) spawn_plain_main();
  else quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  return 0;
}
