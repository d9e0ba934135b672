// {{name}}: a TCP echo server on I/O completion ports.
#include "options.h"

#include <mswsock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { BUFFER_BYTES = 16384, COMPLETIONS = 64, BACKLOG = 1024, ACCEPTS = 16, PAUSE_MILLIS = 100 };
enum { ADDRESS_BYTES = sizeof(struct sockaddr_in) + 16 };  // as AcceptEx wants it
enum { KEY_SOCKET = 1, KEY_STOP = 2 };

// First in what it is of, so that a completion leads there.
struct request {
  OVERLAPPED overlapped;
  enum { ACCEPTING, RECEIVING, SENDING } kind;
};

struct connection {
  struct request request;  // one is under way at any time
  SOCKET socket;           // INVALID_SOCKET once it is being closed
  DWORD begin, end;        // what is to be sent: buffer[begin, end)
  int64_t last_millis;
  struct connection *older, *newer;  // by last use
  char buffer[BUFFER_BYTES];
};

struct acceptor {
  struct request request;
  SOCKET socket;
  bool under_way;
  char addresses[2 * ADDRESS_BYTES];
};

struct server {
  struct options options;
  HANDLE port;
  SOCKET listener;
  struct acceptor acceptors[ACCEPTS];
  long connections;
  bool draining;
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct connection *oldest, *newest;
};

static HANDLE stop_port;  // a console handler is given nothing else

static int64_t now_millis(void) { return (int64_t)GetTickCount64(); }

static void fail(const char *what, int error) {
  fprintf(stderr, "{{name}}: %s: error %d\n", what, error);
  exit(1);
}

// ---- connections, by last use

static void unlink_connection(struct server *s, struct connection *c) {
  if (c->older) c->older->newer = c->newer;
  else s->oldest = c->newer;
  if (c->newer) c->newer->older = c->older;
  else s->newest = c->older;
  c->older = c->newer = NULL;
}

static void append_connection(struct server *s, struct connection *c) {
  c->older = s->newest;
  c->newer = NULL;
  if (s->newest) s->newest->newer = c;
  else s->oldest = c;
  s->newest = c;
}

// Nothing is under way for it any more.
static void free_connection(struct server *s, struct connection *c) {
  if (c->socket != INVALID_SOCKET) closesocket(c->socket);
  unlink_connection(s, c);
  free(c);
  s->connections--;
}

// Its request completes with an error, and with it the connection ends.
static void close_connection(struct connection *c) {
  closesocket(c->socket);
  c->socket = INVALID_SOCKET;
}

// ---- requests

// Whether a request is under way after a call that answers 0 or SOCKET_ERROR.
static bool is_started(int result) { return result == 0 || WSAGetLastError() == WSA_IO_PENDING; }

static bool receive(struct connection *c) {
  memset(&c->request.overlapped, 0, sizeof c->request.overlapped);
  c->request.kind = RECEIVING;
  c->begin = c->end = 0;
  WSABUF room = {.len = BUFFER_BYTES, .buf = c->buffer};
  DWORD flags = 0;
  return is_started(WSARecv(c->socket, &room, 1, NULL, &flags, &c->request.overlapped, NULL));
}

static bool send_rest(struct connection *c) {
  memset(&c->request.overlapped, 0, sizeof c->request.overlapped);
  c->request.kind = SENDING;
  WSABUF bytes = {.len = c->end - c->begin, .buf = c->buffer + c->begin};
  return is_started(WSASend(c->socket, &bytes, 1, NULL, 0, &c->request.overlapped, NULL));
}

// Whether it is under way.
static bool accept_one(struct server *s, struct acceptor *a) {
  a->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
  if (a->socket == INVALID_SOCKET) return false;
  memset(&a->request.overlapped, 0, sizeof a->request.overlapped);
  a->request.kind = ACCEPTING;
  DWORD received = 0;
  BOOL done = AcceptEx(s->listener, a->socket, a->addresses, 0, ADDRESS_BYTES, ADDRESS_BYTES,
                       &received, &a->request.overlapped);
  a->under_way = done || WSAGetLastError() == ERROR_IO_PENDING;
  if (!a->under_way) closesocket(a->socket);
  return a->under_way;
}

static void accept_all(struct server *s, int64_t now) {
  for (int i = 0; i < ACCEPTS && !s->draining; i++) {
    struct acceptor *a = &s->acceptors[i];
    if (a->under_way || accept_one(s, a)) continue;
    int error = WSAGetLastError();  // WSAEMFILE, WSAENOBUFS and the like: wait until some have ended
    fprintf(stderr, "{{name}}: accept: error %d; pausing for %d ms\n", error, PAUSE_MILLIS);
    s->resume_millis = now + PAUSE_MILLIS;
    return;
  }
}

// ---- completions

static void add_connection(struct server *s, SOCKET socket, int64_t now) {
  struct connection *c = s->connections < s->options.max_connections ? malloc(sizeof *c) : NULL;
  if (!c || !CreateIoCompletionPort((HANDLE)socket, s->port, KEY_SOCKET, 0)) {
    free(c);
    closesocket(socket);  // too many, or no memory: better one less than all of them slow
    return;
  }
  setsockopt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&s->listener, sizeof s->listener);
  BOOL on = TRUE;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on);
  c->socket = socket;
  c->last_millis = now;
  append_connection(s, c);
  s->connections++;
  if (!receive(c)) free_connection(s, c);
}

static void on_accept(struct server *s, struct acceptor *a, bool ok, int64_t now) {
  a->under_way = false;
  if (ok && !s->draining) add_connection(s, a->socket, now);
  else closesocket(a->socket);  // it has gone meanwhile, or comes too late
  if (!s->resume_millis) accept_all(s, now);
}

static void on_connection(struct server *s, struct connection *c, bool ok, DWORD count, int64_t now) {
  bool ended = c->request.kind == RECEIVING && count == 0;  // and all before it has been sent back
  if (!ok || ended || c->socket == INVALID_SOCKET) {
    free_connection(s, c);
    return;
  }
  c->last_millis = now;
  unlink_connection(s, c);
  append_connection(s, c);
  if (c->request.kind == RECEIVING) c->end = count;
  else c->begin += count;
  bool started = c->begin < c->end ? send_rest(c) : receive(c);
  if (!started) free_connection(s, c);
}

static void on_stop(struct server *s, int64_t now) {
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = now + s->options.drain_seconds * 1000;
  closesocket(s->listener);  // the accepts complete with errors
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
}

static void dispatch(struct server *s, const OVERLAPPED_ENTRY *entry, int64_t now) {
  if (entry->lpCompletionKey == KEY_STOP) {
    on_stop(s, now);
    return;
  }
  struct request *request = (struct request *)entry->lpOverlapped;
  bool ok = request->overlapped.Internal == 0;  // an NTSTATUS, of which 0 is success
  if (request->kind == ACCEPTING) on_accept(s, (struct acceptor *)request, ok, now);
  else on_connection(s, (struct connection *)request, ok, entry->dwNumberOfBytesTransferred, now);
}

// ---- time

static void check_time(struct server *s, int64_t now) {
  int64_t idle = s->options.idle_seconds * 1000;
  for (struct connection *c = s->oldest; c && now - c->last_millis >= idle; c = c->newer) {
    if (c->socket != INVALID_SOCKET) close_connection(c);
  }
  if (s->resume_millis && now >= s->resume_millis) {
    s->resume_millis = 0;
    accept_all(s, now);
  }
}

static DWORD millis_left(const struct server *s, int64_t now) {
  int64_t next = now + 60000;
  if (s->oldest) {
    int64_t idle = s->oldest->last_millis + s->options.idle_seconds * 1000;
    if (idle < next) next = idle;
  }
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  return next > now ? (DWORD)(next - now) : 1;
}

// ---- the program

// On a thread of the system.
static BOOL WINAPI on_console(DWORD event) {
  (void)event;
  return PostQueuedCompletionStatus(stop_port, 0, KEY_STOP, NULL);
}

static void open_all(struct server *s) {
  WSADATA data;
  int error = WSAStartup(MAKEWORD(2, 2), &data);
  if (error) fail("WSAStartup", error);
  s->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  if (!s->port) fail("CreateIoCompletionPort", (int)GetLastError());
  stop_port = s->port;
  if (!SetConsoleCtrlHandler(on_console, TRUE)) fail("SetConsoleCtrlHandler", (int)GetLastError());
  s->listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
  if (s->listener == INVALID_SOCKET) fail("socket", WSAGetLastError());
  BOOL on = TRUE;
  setsockopt(s->listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&s->options.address, sizeof s->options.address)) {
    fail("bind", WSAGetLastError());
  }
  if (listen(s->listener, BACKLOG)) fail("listen", WSAGetLastError());
  if (!CreateIoCompletionPort((HANDLE)s->listener, s->port, KEY_SOCKET, 0)) {
    fail("CreateIoCompletionPort of the listener", (int)GetLastError());
  }
  accept_all(s, now_millis());
}

static void greet(const struct server *s) {
  struct sockaddr_in bound;
  int length = sizeof bound;
  if (getsockname(s->listener, (struct sockaddr *)&bound, &length)) {
    fail("getsockname", WSAGetLastError());
  }
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  open_all(&s);
  greet(&s);
  for (;;) {
    int64_t now = now_millis();
    check_time(&s, now);
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && now >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    OVERLAPPED_ENTRY entries[COMPLETIONS];
    ULONG count = 0;
    if (!GetQueuedCompletionStatusEx(s.port, entries, COMPLETIONS, &count, millis_left(&s, now), FALSE)) {
      if (GetLastError() != WAIT_TIMEOUT) fail("GetQueuedCompletionStatusEx", (int)GetLastError());
      count = 0;
    }
    now = now_millis();
    for (ULONG i = 0; i < count; i++) dispatch(&s, &entries[i], now);
  }
}
