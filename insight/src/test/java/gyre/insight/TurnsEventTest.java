package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsEventTest {
  @Test
  void shouldTellARecordingWhatTurnsWereLike() throws Exception {
    CompletableFuture<RecordedEvent> told = new CompletableFuture<>();
    try (RecordingStream recording = new RecordingStream();
        Loop loop = Loop.open(LoopOptions.defaults().name("recorded"))) {
      recording.enable("gyre.Turns");
      recording.setReuse(false);
      recording.onEvent(
          "gyre.Turns",
          event -> {
            if (event.getString("loop").equals("recorded") && event.getLong("turns") > 0) {
              told.complete(event);
            }
          });
      recording.startAsync();
      loop.run(() -> {
        while (!told.isDone()) {
          Fiber.sleep(Duration.ofMillis(2));
        }
      });
      RecordedEvent event = told.get(30, TimeUnit.SECONDS);
      assertThat(event.getLong("fiberRuns")).isPositive();
      assertThat(event.getDouble("busy")).isBetween(0.0, 1.0);
      assertThat(event.getLong("turnMax")).isPositive();
      assertThat(event.getLong("fibers")).isPositive();
    }
  }
}
