// What the peers have in common that are whole servers of others: a folder of their own for a configuration, a free port, and a child beside them that says
// when they are ready, ends them when the caller's end of the standard input is closed, and cleans up. Such a server cannot be told to let the system choose
// a port, so a free one is looked for, and given back a moment before the server takes it.
#pragma once
#include "lab.h"
#include <dirent.h>
#include <sched.h>
#include <sys/wait.h>

struct place {
  char folder[64], configuration[128];
  struct sockaddr_in address;
};

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
static void watch_over(const char *folder, pid_t server, int signal) {
  struct stat input;
  bool is_pipe = fstat(STDIN_FILENO, &input) == 0 && S_ISFIFO(input.st_mode);
  setpgid(0, 0);
  while (getppid() == server) {
    struct pollfd end = {.fd = is_pipe ? STDIN_FILENO : -1, .events = 0};
    if (poll(&end, 1, 100) > 0 && (end.revents & (POLLHUP | POLLERR))) {
      kill(server, signal); // the one at which it ends with 0
      is_pipe = false;
    }
  }
  remove_folder(folder);
  _exit(0);
}

static struct place take_place(const char *name, long port) {
  struct place place = {0};
  int listener = listen_tcp(port, 0);
  socklen_t length = sizeof place.address;
  getsockname(listener, (struct sockaddr *)&place.address, &length);
  close(listener);
  snprintf(place.folder, sizeof place.folder, "/tmp/gyre-lab-%s-XXXXXX", name);
  if (!mkdtemp(place.folder)) quit(EXIT_FAILED, "%s: %s", place.folder, strerror(errno));
  snprintf(place.configuration, sizeof place.configuration, "%s/%s.conf", place.folder, name);
  return place;
}

static FILE *open_configuration(const struct place *place) {
  FILE *file = fopen(place->configuration, "w");
  if (!file) quit(EXIT_FAILED, "%s: %s", place->configuration, strerror(errno));
  return file;
}

// Becomes the server. The signal is the one at which it ends with 0.
static void become(const struct place *place, int signal, char **command) {
  setenv("PATH", "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin", 1);
  pid_t server = getpid(), watcher = fork();
  if (watcher < 0) quit(EXIT_FAILED, "fork: %s", strerror(errno));
  if (watcher == 0) {
    if (await_server(place->address, server)) {
      printf("listening %d\n", ntohs(place->address.sin_port));
      fflush(stdout);
    }
    if (!freopen("/dev/null", "w", stdout)) _exit(1);
    watch_over(place->folder, server, signal);
  }
  execvp(command[0], command);
  quit(EXIT_UNSUPPORTED, "%s: %s", command[0], strerror(errno));
}

// What a proxy passes everything on to: the echo of c-epoll, built beside this peer, on the last core there is, which is the generator's. It ends with this
// process, which holds the other end of its standard input.
static int start_behind(void) {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
  if (length < 0) quit(EXIT_FAILED, "/proc/self/exe: %s", strerror(errno));
  path[length] = 0;
  strcpy(strrchr(path, '/') + 1, "c-epoll");
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0) quit(EXIT_FAILED, "pipe: %s", strerror(errno));
  pid_t child = fork();
  if (child < 0) quit(EXIT_FAILED, "fork: %s", strerror(errno));
  if (child == 0) {
    cpu_set_t last;
    CPU_ZERO(&last);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
    if (sched_setaffinity(0, sizeof last, &last) != 0) fprintf(stderr, "sched_setaffinity: %s\n", strerror(errno));
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[0]), close(in[1]), close(out[0]), close(out[1]);
    execl(path, path, "echo", "--port", "0", NULL);
    _exit(127);
  }
  close(in[0]), close(out[1]);
  char line[64] = "";
  FILE *said = fdopen(out[0], "r");
  int port = 0;
  if (!said || !fgets(line, sizeof line, said) || sscanf(line, "listening %d", &port) != 1) {
    quit(EXIT_UNSUPPORTED, "no echo to pass on to: %s does not say where it listens (lab/peers/build c-epoll)", path);
  }
  return port; // the pipes stay open as long as the server lives
}
