#include "awake.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { CORES = 2 };
static const int32_t ANY_LATENCY_MICROS = 2000000000; // what the system has when nobody asks

static int latency_file = -1;        // what is written there holds as long as it is open
static _Atomic uint32_t suspended;   // spinners sleep while it is 1
static atomic_bool refused;          // a spinner could not be what it has to be
static pthread_barrier_t have_begun; // they, and who began them

// The first line of a file that the kernel has for a core; false where there is none.
static bool read_of_core(int core, const char *what, char *line, int size) {
  char path[128];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/%s", core, what);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool is_there = fgets(line, size, file) != NULL;
  fclose(file);
  return is_there;
}

static bool are_siblings(const int cores[CORES]) {
  char one[256], other[256];
  const char *what = "topology/thread_siblings_list";
  return read_of_core(cores[0], what, one, sizeof one) && read_of_core(cores[1], what, other, sizeof other) && strcmp(one, other) == 0;
}

// Only an idle loop that has polling among its states does it when it is asked to wake up at once.
static bool can_poll(int core) {
  char name[16];
  return read_of_core(core, "cpuidle/state0/name", name, sizeof name) && strcmp(name, "POLL\n") == 0;
}

static bool set_latency_micros(int32_t micros) { return write(latency_file, &micros, sizeof micros) == sizeof micros; }

static bool begin_polling(const int cores[CORES]) {
  for (int i = 0; i < CORES; i++)
    if (!can_poll(cores[i])) return false;
  latency_file = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (latency_file >= 0 && set_latency_micros(0)) return true;
  if (latency_file >= 0) close(latency_file);
  latency_file = -1;
  return false;
}

static void *spin(void *number) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)(uintptr_t)number, &set);
  struct sched_param none = {0};
  // Who does not give way to everybody would be worse than who does not spin.
  bool gives_way = pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0 && sched_setscheduler(0, SCHED_IDLE, &none) == 0;
  if (!gives_way) refused = true;
  pthread_barrier_wait(&have_begun);
  while (!refused) {
    if (atomic_load_explicit(&suspended, memory_order_relaxed)) syscall(SYS_futex, &suspended, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    else spin_pause();
  }
  return NULL;
}

static bool begin_spinning(const int cores[CORES]) {
  pthread_barrier_init(&have_begun, NULL, CORES + 1);
  for (int i = 0; i < CORES; i++) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, spin, (void *)(uintptr_t)cores[i]);
    if (error) quit(EXIT_FAILED, "a thread that keeps core %d awake: %s", cores[i], strerror(error));
  }
  pthread_barrier_wait(&have_begun);
  return !refused;
}

const char *awake_begin(const int cores[CORES]) {
  if (are_siblings(cores)) return "";
  if (begin_polling(cores)) return "polling";
  return begin_spinning(cores) ? "spinning" : "";
}

void awake_suspend(bool is_suspended) {
  if (latency_file >= 0) set_latency_micros(is_suspended ? ANY_LATENCY_MICROS : 0);
  suspended = is_suspended;
  syscall(SYS_futex, &suspended, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}
