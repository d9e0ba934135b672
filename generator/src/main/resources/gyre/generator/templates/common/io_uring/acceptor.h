// Accepts connections by one request for all of them, and pauses while the system has no room for more.
#pragma once
#include "ring.h"

#include <netinet/in.h>

struct acceptor {
  struct ring *ring;
  struct operation accepting;
  int fd;
  void (*on_accepted)(void *owner, int fd);
  void *owner;
  bool is_stopped;
  bool is_full;           // that has been told already
  int64_t resume_millis;  // when accepting goes on, or INT64_MAX
};

// Listens there, and says where that is.
void acceptor_open(struct acceptor *acceptor, struct ring *ring, const struct sockaddr_in *address,
                   void (*on_accepted)(void *owner, int fd), void *owner);

// Goes on after a pause, when its time has come.
void acceptor_check(struct acceptor *acceptor, int64_t now_millis);

void acceptor_stop(struct acceptor *acceptor);
