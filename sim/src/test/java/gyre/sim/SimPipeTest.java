package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.file.AnonymousPipe;
import gyre.file.Fifo;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.sim.fault.Faults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pipes and FIFOs of simulated hosts. */
@Timeout(60)
class SimPipeTest {
  private static final Path REQUESTS = Path.of("/tmp/requests");
  private static final int LINES = 3_000;

  private static void run(Faults faults, gyre.Task main) {
    for (int seed = 1; seed <= 5; seed++) {
      Simulation.seed(seed).faults(faults).world(world -> world.host("host").run(main)).check();
    }
  }

  @Test
  void shouldPassOnAllInOrderThroughAPipeThatIsTooSmall() {
    run(
        Faults.timing(),
        () -> {
          try (AnonymousPipe pipe = AnonymousPipe.open();
              Scope scope = Scope.open("writing")) {
            scope.start(
                "writer",
                () -> {
                  for (int i = 0; i < LINES; i++) {
                    pipe.writer().write("line " + i + " " + "x".repeat(i % 80) + "\n");
                  }
                  pipe.writer().close();
                });
            int count = 0;
            for (String line = pipe.reader().readLine(200);
                line != null;
                line = pipe.reader().readLine(200)) {
              assertThat(line).startsWith("line " + count++ + " ");
            }
            assertThat(count).isEqualTo(LINES);
            scope.join();
          }
        });
  }

  @Test
  void shouldTellAWriterThatNobodyReads() {
    run(
        Faults.none(),
        () -> {
          try (AnonymousPipe pipe = AnonymousPipe.open()) {
            pipe.reader().close();
            assertThatThrownBy(
                    () -> {
                      pipe.writer().write("nobody");
                      pipe.writer().flush();
                    })
                .isInstanceOfSatisfying(
                    IoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPIPE.number()));
          }
        });
  }

  @Test
  void shouldMeetInAFifoWhoeverComesFirst() {
    run(
        Faults.timing(),
        () -> {
          List<String> read = new ArrayList<>();
          Fifo requests = Fifo.at(REQUESTS);
          requests.create();
          try (Scope scope = Scope.open("both")) {
            scope.start(
                "reader",
                () -> {
                  try (ByteStream in = requests.openReader()) {
                    for (String line = in.readLine(100); line != null; line = in.readLine(100)) {
                      read.add(line);
                    }
                  }
                });
            scope.start(
                "writer",
                () -> {
                  Fiber.sleep(Duration.ofMillis(20));
                  try (ByteStream out = requests.openWriter()) {
                    out.write("one\ntwo\n");
                  }
                });
            scope.join();
          }
          assertThat(read).containsExactly("one", "two");
          gyre.file.Files.delete(REQUESTS);
        });
  }
}
