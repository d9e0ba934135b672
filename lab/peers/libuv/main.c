#include "libuv.h"

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "echo") == 0) echo_main();
  else if (strcmp(mode, "events") == 0) uv_events_main();
  else if (strcmp(mode, "cascade") == 0) uv_cascade_main();
  else if (strcmp(mode, "timers") == 0) uv_timers_main();
  else if (strcmp(mode, "wake") == 0) uv_wake_main();
  else if (strcmp(mode, "files") == 0) uv_files_main();
  else if (strcmp(mode, "watch") == 0) uv_watch_main();
  else if (strcmp(mode, "spawn") == 0) uv_spawn_main();
  else quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  return 0;
}
