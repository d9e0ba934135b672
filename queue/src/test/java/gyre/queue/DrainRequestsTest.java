package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrainRequestsTest {
  @TempDir Path directory;

  @Test
  void shouldAskAllOfThemWhateverBecomesOfOne() {
    List<Long> signalled = new ArrayList<>();
    assertThatThrownBy(() ->
            DrainRequests.ask(
                List.of(1L, 2L, 3L, 4L),
                pid -> {
                  signalled.add(pid);
                  return pid % 2 == 0;
                }))
        .isInstanceOf(QueueException.class)
        .hasMessage(
            "drain worker 1, 3: the signal could not be sent: be the user that it runs as, in"
                + " another process; worker 2 was asked to drain and end; worker 4 was asked to"
                + " drain and end");
    assertThat(signalled).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void shouldTellWhomItHasAsked() {
    assertThat(DrainRequests.ask(List.of(7L), _ -> true))
        .containsExactly("worker 7 was asked to drain and end");
    assertThatThrownBy(() -> DrainRequests.ask(List.of(7L), _ -> false))
        .hasMessageEndingWith("be the user that it runs as, in another process");
  }

  /** No process may send a signal to itself: so this is one that can't be asked. */
  @Test
  void shouldSayWhichWorkersOfShardsCouldNotBeAsked() throws IOException {
    Shards shards = Shards.open(directory, 2);
    long self = ProcessHandle.current().pid();
    Spool first = new Spool(shards.directory(0));
    Spool second = new Spool(shards.directory(1));
    Files.writeString(first.heartbeat(0), "{\"pid\": " + self + "}");
    Files.writeString(second.heartbeat(0), "{\"pid\": " + self + "}");
    try (InstanceLock _ = InstanceLock.tryTake(first.lockFile(0)).orElseThrow();
        InstanceLock _ = InstanceLock.tryTake(second.lockFile(0)).orElseThrow()) {
      for (Path each : List.of(directory, shards.directory(0))) {
        assertThatThrownBy(() -> Backend.spool(each).operations().drain())
            .isInstanceOf(QueueException.class)
            .hasMessageStartingWith("drain worker " + self + ": the signal could not be sent");
      }
    }
  }
}
