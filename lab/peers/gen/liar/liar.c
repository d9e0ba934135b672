// An echo server that is wrong on purpose, for the check that the generator notices: liar WHAT, where WHAT is
//   honest | flip (one bit) | drop (a byte) | double (a byte) | swap (answers of two connections) | shift (bytes by one message) | end (closes)
// It lies once a thousand reads. Prints `listening PORT`.
#include "../../common/lab.h"
#include <poll.h>

enum { CONNECTIONS = 64, BUFFER_BYTES = 65536 };
static struct pollfd sockets[CONNECTIONS + 1];
static int count = 1;
static char buffer[BUFFER_BYTES], held[BUFFER_BYTES];
static int held_for = -1;
static ssize_t held_length;
static const char *what;

static void say(int fd, const char *bytes, ssize_t length) {
  for (ssize_t sent = 0; sent < length;) {
    ssize_t n = send(fd, bytes + sent, (size_t)(length - sent), MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += n;
  }
}

// False: close it.
static bool lie(int fd, ssize_t n) {
  if (strcmp(what, "flip") == 0) buffer[n / 2] ^= 1;
  else if (strcmp(what, "drop") == 0) return say(fd, buffer + 1, n - 1), true;
  else if (strcmp(what, "double") == 0) say(fd, buffer, 1);
  else if (strcmp(what, "shift") == 0) memmove(buffer, buffer + 1, (size_t)(n - 1)), buffer[n - 1] = 0;
  else if (strcmp(what, "end") == 0) return false;
  else if (strcmp(what, "swap") == 0) {
    memcpy(held, buffer, (size_t)n);
    held_for = fd;
    held_length = n;
    return true;
  }
  say(fd, buffer, n);
  return true;
}

static bool serve(int fd) {
  static long reads;
  ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  if (++reads % 1000 == 0) return lie(fd, n);
  if (held_for >= 0 && held_for != fd && held_length == n) {
    say(held_for, buffer, n);
    say(fd, held, n);
    held_for = -1;
    return true;
  }
  say(fd, buffer, n);
  return true;
}

int main(int words_count, char **words) {
  what = options_begin(words_count, words);
  int listener = listen_tcp(0, 0);
  sockets[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  announce(listener);
  for (;;) {
    poll(sockets, (nfds_t)count, -1);
    for (int i = count - 1; i > 0; i--) {
      if (!sockets[i].revents || serve(sockets[i].fd)) continue;
      close(sockets[i].fd);
      sockets[i] = sockets[--count];
    }
    if (!sockets[0].revents || count > CONNECTIONS) continue;
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) sockets[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
}
