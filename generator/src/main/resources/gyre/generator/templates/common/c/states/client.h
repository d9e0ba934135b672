// A client that stays connected: its states, and what each event means in them. It knows no socket: that is link.c's.
#pragma once
#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIENT_LINE_BYTES = 1024 };

enum state { CONNECTING, GREETING, READY, WAITING, ENDED };

struct client {
  const struct options *options;
  struct link *link;
  enum state state;
  bool is_asking;      // a question is under way
  bool is_over;        // it has ended, and wants nothing more
  int64_t due_millis;  // when client_due is to be called
  long pings;
  int failures;        // since it was welcome
  char line[CLIENT_LINE_BYTES];
  size_t line_count;
};

// ---- what happens to it

void client_begin(struct client *client, int64_t now_millis);
void client_connected(struct client *client, int64_t now_millis);
void client_received(struct client *client, const char *bytes, size_t count, int64_t now_millis);
void client_lost(struct client *client, const char *why, int64_t now_millis);
void client_due(struct client *client, int64_t now_millis);
void client_stop(struct client *client, int64_t now_millis);

// ---- what it wants: one connection at a time

// client_connected or client_lost tells how it ended.
void link_connect(struct link *link);

// Some bytes. If they can't be sent, client_lost tells, or nobody answers them in time.
void link_say(struct link *link, const char *text, size_t count);

// If there is a connection, or one is being made. Nothing is told of that one any more.
void link_close(struct link *link);

// Runs until SIGTERM; the exit code.
int run_client(const struct options *options);
