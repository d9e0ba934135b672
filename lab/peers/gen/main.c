// Options, connections, samples: what all modes of the generator share.
#include "gen.h"

struct load load;
char *pattern;
uint32_t pattern_period = PATTERN_PERIOD;
void (*greet)(int fd, long number);

void histogram_print(const struct histogram *h) {
  bool first = true;
  printf("\"latency\": {\"valuesNanos\": [");
  for (int pass = 0; pass < 2; pass++, first = true) {
    if (pass == 1) printf("], \"counts\": [");
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
      if (h->counts[i] == 0) continue;
      unsigned shift = i < 2 * HISTOGRAM_SUB ? 0 : i / HISTOGRAM_SUB - 1;
      uint64_t least = i < 2 * HISTOGRAM_SUB ? i : ((uint64_t)(i % HISTOGRAM_SUB) + HISTOGRAM_SUB) << shift;
      uint64_t middle = least + ((1ull << shift) >> 1);
      printf(first ? "%lu" : ", %lu", (unsigned long)(pass == 0 ? middle : h->counts[i]));
      first = false;
    }
  }
  printf("]}");
}

static void options_address(const char *host) {
  if (inet_pton(AF_INET, host, &load.server.v4.sin_addr) == 1) {
    load.server.v4.sin_family = AF_INET;
    load.server.v4.sin_port = htons((uint16_t)load.port);
    load.server_length = sizeof load.server.v4;
  } else if (inet_pton(AF_INET6, host, &load.server.v6.sin6_addr) == 1) {
    load.server.v6.sin6_family = AF_INET6;
    load.server.v6.sin6_port = htons((uint16_t)load.port);
    load.server_length = sizeof load.server.v6;
  } else {
    quit(EXIT_USAGE, "--host %s: not an address of IPv4 or IPv6", host);
  }
}

void options_server(void) {
  const char *host = option_text("--host", "127.0.0.1"), *engine = option_text("--engine", "");
  load.port = (int)option_long("--port", 0, 1, 65535);
  if (load.port == 0) quit(EXIT_USAGE, "--port is needed");
  options_address(host);
  load.tls_name = option_text("--tls-name", "");
  load.connections = option_long("--connections", 50, 1, 1000000);
  load.bytes = option_long("--bytes", 64, 1, 1 << 20);
  load.pid = (pid_t)option_long("--pid", 0, 1, 1 << 30);
  load.engine = option_flag("--tls") ? &engine_tls : strcmp(engine, "epoll") == 0 ? &engine_epoll : &engine_uring;
  if (*engine && strcmp(engine, load.engine->name) != 0) quit(EXIT_USAGE, "--engine %s: not uring or epoll", engine);
}

void options_measure(void) {
  load.warmup_nanos = (uint64_t)option_long("--warmup-ms", 500, 0, 3600000) * 1000000u;
  load.measure_nanos = (uint64_t)option_long("--measure-ms", 1000, 1, 3600000) * 1000000u;
  load.rounds = option_long("--rounds", 1, 1, 1000000);
  load.step = option_flag("--step");
  load.round = -1;
}

// With --step a line says how long to run in and how long to measure, both in milliseconds.
static bool next_step(void) {
  char line[64];
  long warmup_millis, measure_millis;
  if (!fgets(line, sizeof line, stdin)) return false;
  if (sscanf(line, "%ld %ld", &warmup_millis, &measure_millis) != 2 || warmup_millis < 0 || measure_millis < 1)
    quit(EXIT_USAGE, "a step is two numbers of milliseconds, to run in and to measure, not: %s", line);
  load.warmup_nanos = (uint64_t)warmup_millis * 1000000u;
  load.measure_nanos = (uint64_t)measure_millis * 1000000u;
  return true;
}

bool next_round(void) {
  load.round++;
  if (load.step) {
    if (load.round == 0) puts("ready"), fflush(stdout);
    return next_step();
  }
  if (load.round > 0) load.warmup_nanos = 0;
  return load.round < load.rounds;
}

void load_error(const char *what, long connection, int error) {
  if (load.errors++ == 0) fprintf(stderr, "first error: connection %ld: %s%s%s\n", connection, what, error ? ": " : "", error ? strerror(error) : "");
}

void open_requests(const char *request, uint32_t length) {
  pattern_period = PATTERN_PERIOD / length * length;
  pattern = malloc(PATTERN_PERIOD + PATTERN_SPAN);
  for (uint32_t i = 0; i < PATTERN_PERIOD + PATTERN_SPAN; i++) pattern[i] = request[i % length];
}

void open_pattern(void) {
  if (pattern) return;
  pattern = malloc(PATTERN_PERIOD + PATTERN_SPAN);
  uint64_t seed = 7;
  for (long i = 0; i < PATTERN_PERIOD; i++) pattern[i] = (char)random_next(&seed);
  for (long i = PATTERN_PERIOD; i < PATTERN_PERIOD + PATTERN_SPAN; i++) pattern[i] = pattern[i - PATTERN_PERIOD];
}

// 20,000 connections to a source address; the system has some 28,000 ports for each. Of IPv6 there is but one on loopback.
int open_socket(long number, int flags) {
  int fd = socket(load.server.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), one = 1;
  if (fd < 0) quit(EXIT_FAILED, "socket %ld: %s", number, strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  uint32_t host = (uint32_t)(number / 20000 % 60000);
  struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F010001 + host + host / 250 * 6)};
  bool loopback = load.server.any.sa_family == AF_INET && ntohl(load.server.v4.sin_addr.s_addr) >> 24 == 127;
  if (loopback && bind(fd, (struct sockaddr *)&source, sizeof source) != 0) quit(EXIT_FAILED, "bind to a source address: %s", strerror(errno));
  return fd;
}

struct connection *open_connections(void) {
  need_descriptors(load.connections);
  signal(SIGPIPE, SIG_IGN);
  open_pattern();
  struct connection *connections = calloc((size_t)load.connections, sizeof *connections);
  for (long i = 0; i < load.connections; i++) {
    struct connection *c = &connections[i];
    c->index = (uint32_t)i;
    if (pattern_period == PATTERN_PERIOD) c->send_at = c->receive_at = (uint32_t)((uint64_t)i * 7919 % PATTERN_PERIOD);
    c->fd = open_socket(i, 0);
    if (connect(c->fd, &load.server.any, load.server_length) != 0)
      quit(EXIT_FAILED, "connection %ld to port %d: %s", i, load.port, strerror(errno));
    if (greet) greet(c->fd, i);
  }
  if (load.engine == &engine_uring && !load.engine->open(connections, load.connections)) {
    fprintf(stderr, "no io_uring here: the generator uses epoll\n");
    load.engine = &engine_epoll;
  }
  if (load.engine == &engine_epoll || load.engine == &engine_tls) load.engine->open(connections, load.connections);
  return connections;
}

static uint64_t server_cpu_nanos(void) {
  if (load.pid == 0) return 0;
  clockid_t clock;
  if (clock_getcpuclockid(load.pid, &clock) != 0) quit(EXIT_FAILED, "the server (process %d) is gone", (int)load.pid);
  return clock_nanos(clock);
}

struct measured measure_begin(void) {
  memset(&load.histogram, 0, sizeof load.histogram);
  return (struct measured){.server_cpu = server_cpu_nanos(), .cpu = cpu_nanos(), .requests = load.requests, .at = now_nanos()};
}

void measure_end(struct measured *m) {
  uint64_t server_cpu = server_cpu_nanos();
  *m = (struct measured){.server_cpu = server_cpu - m->server_cpu,
                         .cpu = cpu_nanos() - m->cpu,
                         .requests = load.requests - m->requests,
                         .at = now_nanos() - m->at};
}

void measure_print(const struct measured *m, const char *mode, const char *more, ...) {
  static uint64_t errors_told; // also those before and after what is measured count
  printf("{\"mode\": \"%s\", \"round\": %ld, \"engine\": \"%s\", \"connections\": %ld, \"bytes\": %ld, ", mode, load.round, load.engine->name,
         load.connections, load.bytes);
  va_list arguments;
  va_start(arguments, more);
  vprintf(more, arguments);
  va_end(arguments);
  printf("\"requests\": %lu, \"elapsedNanos\": %lu, \"cpuNanos\": %lu, ", (unsigned long)m->requests,
         (unsigned long)m->at, (unsigned long)m->cpu);
  if (load.pid) printf("\"serverCpuNanos\": %lu, ", (unsigned long)m->server_cpu);
  printf("\"errors\": %lu, ", (unsigned long)(load.errors - errors_told));
  errors_told = load.errors;
  histogram_print(&load.histogram);
  printf("}\n");
  fflush(stdout);
}

int main(int count, char **words) {
  const char *mode = options_begin(count, words);
  if (strcmp(mode, "echo") == 0) echo_main();
  else if (strcmp(mode, "http") == 0) http_main();
  else if (strcmp(mode, "get") == 0) get_main();
  else if (strcmp(mode, "websocket") == 0) websocket_main();
  else if (strcmp(mode, "connect") == 0) connect_main();
  else if (strcmp(mode, "idle") == 0) idle_main();
  else if (strcmp(mode, "finish") == 0) finish_main();
  else if (strcmp(mode, "watch") == 0) watch_main();
  else quit(EXIT_UNSUPPORTED, "no mode %s", mode);
  return 0;
}
