// The limit: what the kernel allows, by io_uring's system calls and nothing above them. One file per mode.
#include "../common/lab.h"
#include "../common/uring.h"

void echo_main(void);
void http_main(void);
void uring_events_main(void);
void uring_cascade_main(void);
void uring_timers_main(void);
void uring_wake_main(void);
void uring_files_main(void);
void uring_watch_main(void);
