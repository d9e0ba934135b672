package gyre.examples.diseases;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.insight.Observation;
import gyre.insight.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each disease is found where it is, and not found where it is not. */
@Timeout(120)
class DiseasesTest {
  private static final long PID = ProcessHandle.current().pid();
  private static final int LOOKS = 4;
  private static final long BETWEEN_LOOKS_MILLIS = 150;

  private interface Watched {
    void watch(Observation observation, String loop) throws Exception;
  }

  /** Runs the program on a thread of its own while this one watches. */
  private static void run(Diseases disease, boolean isSick, Watched watched) throws Exception {
    CompletableFuture<Loop> opened = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open(disease.options(isSick))) {
                opened.complete(loop);
                loop.run(disease.body(isSick));
              }
            });
    Loop loop = opened.get();
    try (Observation observation = Observation.open(PID)) {
      watched.watch(observation, loop.name());
    } finally {
      loop.forceShutdown();
      Diseases.endAll();
      thread.join();
    }
  }

  private static List<Verdict> verdicts(Observation observation, String loop) throws IOException {
    return observation.look().verdicts().stream()
        .filter(verdict -> verdict.subject().equals(loop))
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void shouldBeFoundInTheSick(Diseases disease) throws Exception {
    run(
        disease,
        true,
        (observation, loop) -> {
          List<Verdict> found = new ArrayList<>();
          while (found.stream()
              .noneMatch(verdict ->
                  verdict.disease().key().equals(disease.key()) && hasPlace(disease, verdict))) {
            Thread.sleep(BETWEEN_LOOKS_MILLIS);
            found.addAll(verdicts(observation, loop));
          }
          assertThat(found)
              .allSatisfy(verdict -> {
                assertThat(verdict.evidence()).isNotBlank();
                assertThat(verdict.threshold()).isNotBlank();
                assertThat(verdict.disease().cure()).isNotBlank();
              });
        });
  }

  /** Whose fault is a line of code is told with that line. */
  private static boolean hasPlace(Diseases disease, Verdict verdict) {
    return switch (disease) {
      case BLOCKED_LOOP, SLOW_CALLBACK, HELD_UP -> verdict.place().contains("Work.compute");
      case FIBER_NEVER_YIELDS -> verdict.place().contains("NeverYields.sick");
      default -> true;
    };
  }

  /** On a machine that is busy a turn may be long: then no line of the program is to blame. */
  @ParameterizedTest
  @EnumSource
  void shouldNotBeFoundInTheHealthy(Diseases disease) throws Exception {
    run(
        disease,
        false,
        (observation, loop) -> {
          for (int i = 0; i < LOOKS; i++) {
            Thread.sleep(BETWEEN_LOOKS_MILLIS);
            assertThat(verdicts(observation, loop))
                .filteredOn(verdict -> verdict.disease().key().equals(disease.key()))
                .filteredOn(verdict -> !isOfMachine(disease, verdict))
                .isEmpty();
          }
        });
  }

  private static boolean isOfMachine(Diseases disease, Verdict verdict) {
    return switch (disease) {
      case BLOCKED_LOOP, SLOW_CALLBACK, HELD_UP -> !verdict.place().contains("Work.compute");
      default -> false;
    };
  }
}
