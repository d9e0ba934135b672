#include "awake.h"
#include <stdatomic.h>

static const char POLL_STATE[] = "/sys/devices/system/cpu/cpu%d/cpuidle/state0/name";
static const int32_t ANY_LATENCY_MICROS = 2000000000; // what the system has when nobody asks

static int latency_file = -1; // what is written there holds as long as it is open
static atomic_bool suspended;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; // held while suspended

static bool set_latency_micros(int32_t micros) { return write(latency_file, &micros, sizeof micros) == sizeof micros; }

// Only an idle loop that has polling among its states does it when it is asked to wake up at once.
static bool can_poll(int core) {
  char path[sizeof POLL_STATE + 16], name[16] = "";
  snprintf(path, sizeof path, POLL_STATE, core);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool polls = fgets(name, sizeof name, file) && strcmp(name, "POLL\n") == 0;
  fclose(file);
  return polls;
}

static bool begin_polling(const int *cores, int count) {
  for (int i = 0; i < count; i++)
    if (!can_poll(cores[i])) return false;
  latency_file = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (latency_file >= 0 && set_latency_micros(0)) return true;
  if (latency_file >= 0) close(latency_file);
  latency_file = -1;
  return false;
}

static void *spin(void *core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)*(const int *)core, &set);
  struct sched_param none = {0};
  // Who does not give way to everybody would be worse than who does not spin.
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0)
    quit(EXIT_FAILED, "cannot keep core %d awake: %s", *(const int *)core, strerror(errno));
  while (true) {
    while (!atomic_load_explicit(&suspended, memory_order_relaxed)) spin_pause();
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
  }
}

const char *awake_begin(const int *cores, int count) {
  if (begin_polling(cores, count)) return "polling";
  for (int i = 0; i < count; i++) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, spin, (void *)&cores[i]);
    if (error) quit(EXIT_FAILED, "a thread that keeps core %d awake: %s", cores[i], strerror(error));
  }
  return "spinning";
}

void awake_suspend(bool is_suspended) {
  if (latency_file >= 0) {
    set_latency_micros(is_suspended ? ANY_LATENCY_MICROS : 0);
    return;
  }
  if (is_suspended) pthread_mutex_lock(&gate);
  suspended = is_suspended;
  if (!is_suspended) pthread_mutex_unlock(&gate);
}
