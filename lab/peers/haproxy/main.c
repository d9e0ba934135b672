// HAProxy as a peer: one thread, no logs, no checks, a configuration of its own in a folder of its own.
#include "../common/daemon.h"

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "proxy") != 0) quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  struct place place = take_place("haproxy", port);
  FILE *file = open_configuration(&place);
  fprintf(file,
          "global\n  nbthread 1\n  maxconn 9000\n"
          "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 3600s\n  timeout server 3600s\n"
          "listen all\n  bind 127.0.0.1:%d backlog 4096\n  server one 127.0.0.1:%d\n",
          ntohs(place.address.sin_port), start_behind());
  fclose(file);
  become(&place, SIGTERM, (char *[]){"haproxy", "-q", "-db", "-f", place.configuration, NULL});
}
