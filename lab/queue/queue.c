/* The loop of the durable queue in C, on SQLite and inotify: what Gyre's worker is measured against.
 *
 *   queue fill DIR N              writes N entries into DIR/pending, not synced
 *   queue drain DIR BATCH         executes what is there, FULL durability; prints entries and nanoseconds
 *   queue paced DIR N             a worker and a producer: N entries one after the other; prints p50 and p99
 *
 * Claim by rename, BEGIN IMMEDIATE, ledger, savepoint, the statement, COMMIT, rename to completed: the same
 * steps as there. It takes an entry apart by looking for three fields, which is less than a parser does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME_BYTES 64
#define CONTENT_BYTES 4096

static char base[1024];
static sqlite3 *db;
static sqlite3_stmt *ledger, *work;
static char work_text[CONTENT_BYTES];

static void fail(const char *what) {
  fprintf(stderr, "%s: %s (%s)\n", what, strerror(errno), db ? sqlite3_errmsg(db) : "");
  exit(1);
}

static long long nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static char *path(char *to, const char *dir, const char *name) {
  snprintf(to, 1200, "%s/%s/%s", base, dir, name);
  return to;
}

static void sql(const char *text) {
  if (sqlite3_exec(db, text, 0, 0, 0) != SQLITE_OK) fail(text);
}

static void step(sqlite3_stmt *s) {
  if (sqlite3_step(s) != SQLITE_DONE) fail("step");
  sqlite3_reset(s);
}

static void open_db(void) {
  char file[1200];
  snprintf(file, sizeof file, "%s/c.db", base);
  if (sqlite3_open(file, &db) != SQLITE_OK) fail("open");
  sql("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  sql("CREATE TABLE IF NOT EXISTS ledger (id TEXT PRIMARY KEY, done_at INTEGER NOT NULL) WITHOUT ROWID");
  sql("CREATE TABLE IF NOT EXISTS bench (n INTEGER)");
  if (sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO ledger VALUES (?, ?)", -1, &ledger, 0)) fail("prepare");
}

static void make_dirs(void) {
  const char *all[] = {"", "tmp", "pending", "processing", "completed"};
  char p[1200];
  for (int i = 0; i < 5; i++) mkdir(path(p, all[i], ""), 0755);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static char *scan(size_t *count) {
  char p[1200];
  size_t room = 1024;
  char *names = malloc(room * NAME_BYTES);
  DIR *d = opendir(path(p, "pending", ""));
  if (!d) fail(p);
  *count = 0;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    if (*count == room) names = realloc(names, (room *= 2) * NAME_BYTES);
    snprintf(names + (*count)++ * NAME_BYTES, NAME_BYTES, "%s", e->d_name);
  }
  closedir(d);
  qsort(names, *count, NAME_BYTES, by_name);
  return names;
}

static char *field(char *content, const char *name, char *to, char end) {
  char *at = strstr(content, name), *stop;
  if (!at) fail(name);
  at += strlen(name);
  stop = strchr(at, end);
  memcpy(to, at, stop - at);
  to[stop - at] = 0;
  return to;
}

static void execute(const char *name) {
  char p[1200], content[CONTENT_BYTES + 1], id[NAME_BYTES * 2], text[CONTENT_BYTES], value[64];
  int f = open(path(p, "processing", name), O_RDONLY | O_NOFOLLOW);
  ssize_t n = read(f, content, CONTENT_BYTES);
  if (n <= 0) fail(p);
  content[n] = 0;
  close(f);
  field(content, "\"id\":\"", id, '"');
  field(content, "\"sql\":\"", text, '"');
  field(content, "\"params\":[", value, ']');
  sqlite3_bind_text(ledger, 1, id, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(ledger, 2, time(0));
  step(ledger);
  if (sqlite3_changes(db) == 0) return;
  if (strcmp(text, work_text)) {
    sqlite3_finalize(work);
    if (sqlite3_prepare_v2(db, text, -1, &work, 0)) fail(text);
    strcpy(work_text, text);
  }
  sql("SAVEPOINT e");
  sqlite3_bind_int64(work, 1, atoll(value));
  step(work);
  sql("RELEASE e");
}

static void batch(char *names, size_t count) {
  char from[1200], to[1200];
  for (size_t i = 0; i < count; i++)
    if (rename(path(from, "pending", names + i * NAME_BYTES), path(to, "processing", names + i * NAME_BYTES))) fail(from);
  sql("BEGIN IMMEDIATE");
  for (size_t i = 0; i < count; i++) execute(names + i * NAME_BYTES);
  sql("COMMIT");
  for (size_t i = 0; i < count; i++)
    if (rename(path(from, "processing", names + i * NAME_BYTES), path(to, "completed", names + i * NAME_BYTES))) fail(from);
}

static size_t drain(size_t most) {
  size_t count;
  char *names = scan(&count);
  for (size_t i = 0; i < count; i += most) batch(names + i * NAME_BYTES, count - i < most ? count - i : most);
  free(names);
  return count;
}

static void put(long n, int sync, char *name) {
  char from[1200], to[1200], content[CONTENT_BYTES];
  snprintf(name, NAME_BYTES, "05_%019ld", n);
  int length = snprintf(content, sizeof content,
      "{\"id\":\"c-%ld\",\"seq\":%ld,\"priority\":5,\"sql\":\"INSERT INTO bench VALUES (?)\",\"params\":[%ld]}\n", n, n, n);
  int f = open(path(from, "tmp", name), O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (f < 0 || write(f, content, length) != length) fail(from);
  if (sync) fdatasync(f);
  close(f);
  if (rename(from, path(to, "pending", name))) fail(to);
}

static void worker(void) {
  char p[1200], events[4096];
  int watch = inotify_init1(IN_CLOEXEC);
  if (inotify_add_watch(watch, path(p, "pending", ""), IN_MOVED_TO) < 0) fail("watch");
  open_db();
  for (;;) {
    while (drain(256) > 0) {}
    if (read(watch, events, sizeof events) <= 0) fail("read");
  }
}

static int by_value(const void *a, const void *b) {
  long long x = *(long long *)a, y = *(long long *)b;
  return (x > y) - (x < y);
}

static void paced(long count) {
  pid_t child = fork();
  char name[NAME_BYTES], p[1200];
  long long *took = calloc(count, sizeof *took);
  if (child == 0) worker();
  usleep(300000);
  for (long i = 0; i < count; i++) {
    long long begin;
    struct stat st;
    put(i, 1, name);
    begin = nanos(); /* it is enqueued; what is measured is the worker */
    path(p, "completed", name);
    while (stat(p, &st)) usleep(20); /* who looks without a pause has one processor of two for itself */
    took[i] = nanos() - begin;
    usleep(2000);
  }
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  qsort(took, count, sizeof *took, by_value);
  printf("paced p50 %.3f ms p99 %.3f ms\n", took[count / 2] / 1e6, took[count * 99 / 100] / 1e6);
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: queue fill DIR N | drain DIR BATCH | paced DIR N\n"), 2;
  snprintf(base, sizeof base, "%s", argv[2]);
  long number = atol(argv[3]);
  make_dirs();
  if (!strcmp(argv[1], "fill")) {
    char name[NAME_BYTES];
    for (long i = 0; i < number; i++) put(i, 0, name);
  } else if (!strcmp(argv[1], "drain")) {
    open_db();
    long long begin = nanos();
    size_t count = drain(number);
    long long took = nanos() - begin;
    printf("drained %zu entries, %.0f/s\n", count, count * 1e9 / took);
  } else if (!strcmp(argv[1], "paced")) {
    paced(number);
  } else {
    return 2;
  }
  return 0;
}
