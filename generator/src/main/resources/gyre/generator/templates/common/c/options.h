// What a user may set on the command line.
#pragma once
#include <errno.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
  struct sockaddr_in address;
  long max_connections;
  long idle_seconds;
  long drain_seconds;
};

static long parse_number(const char *option, const char *text, long least, long most) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < least || value > most) {
    fprintf(stderr, "%s: \"%s\" is no number from %ld to %ld\n", option, text, least, most);
    exit(2);
  }
  return value;
}

static void parse_address(struct sockaddr_in *to, const char *text) {
  char host[64];
  const char *colon = strrchr(text, ':');
  if (!colon || (size_t)(colon - text) >= sizeof host) {
    fprintf(stderr, "--listen: \"%s\" is not HOST:PORT\n", text);
    exit(2);
  }
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = 0;
  memset(to, 0, sizeof *to);
  to->sin_family = AF_INET;
  to->sin_port = htons((unsigned short)parse_number("--listen", colon + 1, 0, 65535));
  if (inet_pton(AF_INET, host, &to->sin_addr) != 1) {
    fprintf(stderr, "--listen: \"%s\" is no IPv4 address\n", host);
    exit(2);
  }
}

static struct options parse_options(const char *program, int argc, char **argv) {
  struct options o = {.max_connections = 10000, .idle_seconds = 60, .drain_seconds = 10};
  parse_address(&o.address, "127.0.0.1:7000");
  for (int i = 1; i < argc; i += 2) {
    const char *name = argv[i];
    int help = strcmp(name, "--help") == 0;
    if (help || i + 1 == argc) {
      fprintf(help ? stdout : stderr,
              "usage: %s [--listen HOST:PORT] [--max-connections N]"
              " [--idle-timeout SECONDS] [--drain-timeout SECONDS]\n",
              program);
      exit(help ? 0 : 2);
    }
    const char *value = argv[i + 1];
    if (strcmp(name, "--listen") == 0) {
      parse_address(&o.address, value);
    } else if (strcmp(name, "--max-connections") == 0) {
      o.max_connections = parse_number(name, value, 1, 10000000);
    } else if (strcmp(name, "--idle-timeout") == 0) {
      o.idle_seconds = parse_number(name, value, 1, 86400);
    } else if (strcmp(name, "--drain-timeout") == 0) {
      o.drain_seconds = parse_number(name, value, 0, 86400);
    } else {
      fprintf(stderr, "%s: there is no option %s; see --help\n", program, name);
      exit(2);
    }
  }
  return o;
}
