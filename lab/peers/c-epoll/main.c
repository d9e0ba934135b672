#include "c-epoll.h"
#include "../common/spawn.h"

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "echo") == 0) echo_main();
  else if (strcmp(mode, "events") == 0) epoll_events_main();
  else if (strcmp(mode, "cascade") == 0) epoll_cascade_main();
  else if (strcmp(mode, "timers") == 0) epoll_timers_main();
  else if (strcmp(mode, "wake") == 0) epoll_wake_main();
  else if (strcmp(mode, "spawn") == 0) spawn_plain_main();
  else quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  return 0;
}
