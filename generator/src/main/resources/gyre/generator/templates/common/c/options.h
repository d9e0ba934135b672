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

{{#layer4_balancer}}
enum { TARGETS_MAX = 64 };

{{/layer4_balancer}}
struct options {
  struct sockaddr_in address;
  long max_connections;
  long idle_seconds;
  long drain_seconds;
{{#metrics}}
  struct sockaddr_in metrics;  // its family is 0 for none
{{/metrics}}
{{#tcp_server|websocket_server}}
  long max_message_bytes;
{{/tcp_server|websocket_server}}
{{#tcp_server}}
  long message_seconds;
{{/tcp_server}}
{{#layer4_balancer}}
  struct sockaddr_in targets[TARGETS_MAX];
  int target_count;
  long connect_seconds;
  long retry_seconds;
{{/layer4_balancer}}
{{#socket_handler}}
  struct sockaddr_in connect;
  int is_client;
  long heartbeat_millis;
  long answer_millis;
  long retry_max_millis;
{{/socket_handler}}
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

static void parse_address(const char *option, struct sockaddr_in *to, const char *text) {
  char host[64];
  const char *colon = strrchr(text, ':');
  if (!colon || (size_t)(colon - text) >= sizeof host) {
    fprintf(stderr, "%s: \"%s\" is not HOST:PORT\n", option, text);
    exit(2);
  }
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = 0;
  memset(to, 0, sizeof *to);
  to->sin_family = AF_INET;
  to->sin_port = htons((unsigned short)parse_number(option, colon + 1, 0, 65535));
  if (inet_pton(AF_INET, host, &to->sin_addr) != 1) {
    fprintf(stderr, "%s: \"%s\" is no IPv4 address\n", option, host);
    exit(2);
  }
}

static inline struct options parse_options(const char *program, int argc, char **argv) {
  struct options o = {.max_connections = 10000, .idle_seconds = 60, .drain_seconds = 10};
  parse_address("--listen", &o.address, "127.0.0.1:7000");
{{#tcp_server|websocket_server}}
  o.max_message_bytes = 65536;
{{/tcp_server|websocket_server}}
{{#tcp_server}}
  o.message_seconds = 10;
{{/tcp_server}}
{{#layer4_balancer}}
  o.connect_seconds = 3;
  o.retry_seconds = 5;
{{/layer4_balancer}}
{{#socket_handler}}
  o.heartbeat_millis = 5000;
  o.answer_millis = 5000;
  o.retry_max_millis = 30000;
{{/socket_handler}}
  for (int i = 1; i < argc; i += 2) {
    const char *name = argv[i];
    int help = strcmp(name, "--help") == 0;
    if (help || i + 1 == argc) {
      fprintf(help ? stdout : stderr,
              "usage: %s [--listen HOST:PORT] [--max-connections N]"
              " [--idle-timeout SECONDS] [--drain-timeout SECONDS]"
{{#metrics}}
              " [--metrics HOST:PORT]"
{{/metrics}}
{{#tcp_server|websocket_server}}
              " [--max-message BYTES]"
{{/tcp_server|websocket_server}}
{{#tcp_server}}
              " [--message-timeout SECONDS]"
{{/tcp_server}}
{{#layer4_balancer}}
              " --target HOST:PORT [--target HOST:PORT]..."
              " [--connect-timeout SECONDS] [--retry-after SECONDS]"
{{/layer4_balancer}}
{{#socket_handler}}
              " [--connect HOST:PORT] [--heartbeat MILLIS] [--answer-timeout MILLIS]"
              " [--retry-max MILLIS]"
{{/socket_handler}}
              "\n",
              program);
      exit(help ? 0 : 2);
    }
    const char *value = argv[i + 1];
    if (strcmp(name, "--listen") == 0) {
      parse_address(name, &o.address, value);
    } else if (strcmp(name, "--max-connections") == 0) {
      o.max_connections = parse_number(name, value, 1, 10000000);
    } else if (strcmp(name, "--idle-timeout") == 0) {
      o.idle_seconds = parse_number(name, value, 1, 86400);
    } else if (strcmp(name, "--drain-timeout") == 0) {
      o.drain_seconds = parse_number(name, value, 0, 86400);
{{#metrics}}
    } else if (strcmp(name, "--metrics") == 0) {
      parse_address(name, &o.metrics, value);
{{/metrics}}
{{#tcp_server|websocket_server}}
    } else if (strcmp(name, "--max-message") == 0) {
      o.max_message_bytes = parse_number(name, value, 16, 16 << 20);
{{/tcp_server|websocket_server}}
{{#tcp_server}}
    } else if (strcmp(name, "--message-timeout") == 0) {
      o.message_seconds = parse_number(name, value, 1, 86400);
{{/tcp_server}}
{{#layer4_balancer}}
    } else if (strcmp(name, "--target") == 0) {
      if (o.target_count == TARGETS_MAX) {
        fprintf(stderr, "--target: there may be %d\n", TARGETS_MAX);
        exit(2);
      }
      parse_address(name, &o.targets[o.target_count++], value);
    } else if (strcmp(name, "--connect-timeout") == 0) {
      o.connect_seconds = parse_number(name, value, 1, 86400);
    } else if (strcmp(name, "--retry-after") == 0) {
      o.retry_seconds = parse_number(name, value, 0, 86400);
{{/layer4_balancer}}
{{#socket_handler}}
    } else if (strcmp(name, "--connect") == 0) {
      parse_address(name, &o.connect, value);
      o.is_client = 1;
    } else if (strcmp(name, "--heartbeat") == 0) {
      o.heartbeat_millis = parse_number(name, value, 1, 86400000);
    } else if (strcmp(name, "--answer-timeout") == 0) {
      o.answer_millis = parse_number(name, value, 1, 86400000);
    } else if (strcmp(name, "--retry-max") == 0) {
      o.retry_max_millis = parse_number(name, value, 1, 86400000);
{{/socket_handler}}
    } else {
      fprintf(stderr, "%s: there is no option %s; see --help\n", program, name);
      exit(2);
    }
  }
  return o;
}
