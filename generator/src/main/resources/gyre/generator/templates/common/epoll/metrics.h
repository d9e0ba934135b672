// Counters, and the page that tells them to Prometheus, at an address of its own.
#pragma once
#include <netinet/in.h>
#include <stddef.h>

enum { SCRAPES_MAX = 8, REQUEST_BYTES = 2048 };

// Somebody who asks for the page.
struct scrape {
  int fd;  // -1 for a free place
  size_t count;
  char request[REQUEST_BYTES];
};

struct metrics {
  unsigned long long opened, refused, failed, received_bytes, sent_bytes;
  int epoll;  // of the page alone: ready when metrics_turn has something to do; -1 if there is no page
  int listener;
  int next;  // the place that is taken, or taken away, next
  struct scrape scrapes[SCRAPES_MAX];
};

// Listens, and says where. Without an address (its family is 0) there is no page. False, with errno, if it can't.
int metrics_open(struct metrics *m, const struct sockaddr_in *address);

// Goes on with whoever asks, and never waits for anybody.
void metrics_turn(struct metrics *m, long connections_open);
