// libuv as its guide and its own benchmarks use it. One file per mode.
#include "../common/lab.h"
#include <uv.h>

void echo_main(void);
void uv_events_main(void);
void uv_cascade_main(void);
void uv_timers_main(void);
void uv_wake_main(void);
void uv_files_main(void);
void uv_watch_main(void);
void uv_spawn_main(void);
