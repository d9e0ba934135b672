// nginx as a peer: one process, no logs, a configuration of its own in a folder of its own. It cannot be told to let the system choose a port (and falls
// over a socket that it is handed when it has but one process), so a free one is looked for, and given back a moment before nginx takes it.
#include "../common/lab.h"
#include <dirent.h>
#include <sys/wait.h>

static void write_configuration(const char *folder, int port) {
  char path[256];
  snprintf(path, sizeof path, "%s/nginx.conf", folder);
  FILE *file = fopen(path, "w");
  if (!file) quit(EXIT_FAILED, "%s: %s", path, strerror(errno));
  fprintf(file,
          "daemon off;\nmaster_process off;\nworker_processes 1;\nerror_log stderr crit;\npid %1$s/pid;\n"
          "events { worker_connections 16384; multi_accept on; }\n"
          "http {\n"
          "  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s; default_type \"text/plain; charset=utf-8\";\n"
          "  client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c; uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e;\n"
          "  server { listen 127.0.0.1:%2$d backlog=4096; location = /hello { return 200 \"Hello, World!\\n\"; } }\n"
          "}\n",
          folder, port);
  fclose(file);
}

static void remove_folder(const char *folder) {
  DIR *entries = opendir(folder);
  for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (unlink(path) != 0) rmdir(path);
  }
  if (entries) closedir(entries);
  rmdir(folder);
}

// Until somebody answers there.
static bool await_server(struct sockaddr_in address, pid_t server) {
  for (int i = 0; i < 1000 && getppid() == server; i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    if (is_there) return true;
    usleep(5000);
  }
  return false;
}

// A child beside it: says when it is ready, ends it when the caller's end of the standard input is closed, and cleans up when it is gone.
static void watch_over(const char *folder, pid_t server) {
  struct stat input;
  bool is_pipe = fstat(STDIN_FILENO, &input) == 0 && S_ISFIFO(input.st_mode);
  setpgid(0, 0);
  while (getppid() == server) {
    struct pollfd end = {.fd = is_pipe ? STDIN_FILENO : -1, .events = 0};
    if (poll(&end, 1, 100) > 0 && (end.revents & (POLLHUP | POLLERR))) {
      kill(server, SIGQUIT); // it ends with 0 then
      is_pipe = false;
    }
  }
  remove_folder(folder);
  _exit(0);
}

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "http") != 0) quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  int listener = listen_tcp(port, 0);
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &length);
  char folder[] = "/tmp/gyre-lab-nginx-XXXXXX", configuration[128];
  if (!mkdtemp(folder)) quit(EXIT_FAILED, "%s: %s", folder, strerror(errno));
  write_configuration(folder, ntohs(address.sin_port));
  snprintf(configuration, sizeof configuration, "%s/nginx.conf", folder);
  close(listener);
  setenv("PATH", "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin", 1);
  pid_t server = getpid(), watcher = fork();
  if (watcher < 0) quit(EXIT_FAILED, "fork: %s", strerror(errno));
  if (watcher == 0) {
    if (await_server(address, server)) {
      printf("listening %d\n", ntohs(address.sin_port));
      fflush(stdout);
    }
    freopen("/dev/null", "w", stdout);
    watch_over(folder, server);
  }
  execlp("nginx", "nginx", "-c", configuration, "-p", folder, NULL);
  quit(EXIT_UNSUPPORTED, "nginx: %s", strerror(errno));
}
