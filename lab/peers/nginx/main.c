// nginx as a peer: one process, no logs, a configuration of its own in a folder of its own; a server of HTTP, or a proxy by its module stream.
#include "../common/daemon.h"

#define STREAM_MODULE "/usr/lib/nginx/modules/ngx_stream_module.so"

static void write_head(FILE *file, const char *folder) {
  fprintf(file, "daemon off;\nmaster_process off;\nworker_processes 1;\nerror_log stderr crit;\npid %s/pid;\n", folder);
}

static void write_http(FILE *file, const char *folder, int port) {
  write_head(file, folder);
  fprintf(file,
          "events { worker_connections 16384; multi_accept on; }\n"
          "http {\n"
          "  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s; default_type \"text/plain; charset=utf-8\";\n"
          "  client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c; uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e;\n"
          "  server { listen 127.0.0.1:%2$d backlog=4096; location = /hello { return 200 \"Hello, World!\\n\"; } }\n"
          "}\n",
          folder, port);
}

static void write_proxy(FILE *file, const char *folder, int port, int behind) {
  if (access(STREAM_MODULE, R_OK) == 0) fprintf(file, "load_module " STREAM_MODULE ";\n");
  write_head(file, folder);
  fprintf(file,
          "events { worker_connections 32768; multi_accept on; }\n"
          "stream { server { listen 127.0.0.1:%d backlog=4096; proxy_pass 127.0.0.1:%d; proxy_timeout 3600s; } }\n",
          port, behind);
}

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  bool is_proxy = strcmp(mode, "proxy") == 0;
  if (!is_proxy && strcmp(mode, "http") != 0) quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  struct place place = take_place("nginx", port);
  FILE *file = open_configuration(&place);
  if (is_proxy) write_proxy(file, place.folder, ntohs(place.address.sin_port), start_behind());
  else write_http(file, place.folder, ntohs(place.address.sin_port));
  fclose(file);
  become(&place, SIGQUIT, (char *[]){"nginx", "-c", place.configuration, "-p", place.folder, NULL});
}
