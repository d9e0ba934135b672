package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class WatchFaultTest {
  @TempDir Path directory;

  @Test
  void shouldPollWhereItIsToldTo() {
    WorkerOptions options =
        WorkerOptions.of(directory).environment(java.util.Map.of("USE_EVENT_LOOP", "false"));
    try (WorkerRig rig = new WorkerRig(options).start()) {
      WorkerRig.await("it polls", () -> rig.worker().stats().isPolling);
      Enqueued job = rig.queue.enqueue(Job.sql("SELECT 1"));
      assertThat(job.await(WorkerRig.HANG_LIMIT)).isPresent();
      assertThat(rig.worker().stats().isWatching).isFalse();
    }
  }
}
