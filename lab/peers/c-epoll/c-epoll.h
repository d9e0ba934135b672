// The plainest fast loop on epoll: edge-triggered, everything is tried before it is waited for, one epoll_wait a turn. One file per mode.
#include "../common/lab.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { EVENTS = 1024 };

void echo_main(void);
void epoll_events_main(void);
void epoll_cascade_main(void);
void epoll_timers_main(void);
void epoll_wake_main(void);

static inline void watch_fd(int epoll, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) quit(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
}

// Waits with the kernel's full resolution; wait_nanos < 0: for ever.
static inline int wait_events(int epoll, struct epoll_event *events, int64_t wait_nanos) {
  if (wait_nanos <= 0) return epoll_wait(epoll, events, EVENTS, wait_nanos < 0 ? -1 : 0);
  struct timespec ts = {.tv_sec = wait_nanos / 1000000000, .tv_nsec = wait_nanos % 1000000000};
  return epoll_pwait2(epoll, events, EVENTS, &ts, NULL);
}
