// libevent as its book and its own benchmarks use it. One file per mode.
#include "../common/lab.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <event2/thread.h>

void echo_main(void);
void le_events_main(void);
void le_cascade_main(void);
void le_timers_main(void);
void le_wake_main(void);

static inline struct timeval timeval_of(uint64_t nanos) {
  struct timeval tv = {.tv_sec = (time_t)(nanos / 1000000000), .tv_usec = (suseconds_t)(nanos % 1000000000 / 1000)};
  return tv;
}
