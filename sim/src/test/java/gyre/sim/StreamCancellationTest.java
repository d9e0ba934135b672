package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.io.Pipe;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cancels work on streams at every moment of a run, one moment in each world: so at every point at
 * which it parks, in every state that others are in meanwhile.
 */
@Timeout(120)
class StreamCancellationTest {
  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(256).outputLimitBytes(256);

  private static final Duration STEP = Duration.ofNanos(170_000);
  private static final int MOMENTS = 100;
  private static final int LINES = 40;

  /** How one run went. */
  private static final class Course {
    boolean cut;
    @Nullable Exception broken;
  }

  private interface Script {
    /**
     * @param course is told how it went
     */
    void run(World world, Duration moment, Course course);
  }

  /** Once in steady weather and once where everything is late or in pieces. */
  private static void atEveryMoment(Script script) {
    for (Faults faults : List.of(Faults.none(), Faults.timing())) {
      boolean[] seen = {false, false};
      for (int i = 0; i < MOMENTS; i++) {
        Duration moment = STEP.multipliedBy(i).plusNanos(1);
        Outcome outcome =
            Simulation.seed(i)
                .faults(faults)
                .limit(Duration.ofMinutes(10))
                .world(world -> {
                  Course course = new Course();
                  script.run(world, moment, course);
                  world.afterwards(() -> {
                    assertThat(course.broken == null || course.cut)
                        .as("only what was cut breaks: %s", course.broken)
                        .isTrue();
                    seen[course.cut ? 1 : 0] = true;
                  });
                })
                .check();
        assertThat(outcome.seed()).isEqualTo(i);
      }
      assertThat(seen).as("some are cut short and some are not").containsExactly(true, true);
    }
  }

  private static String line(int number) {
    return "line " + number + " " + "x".repeat(number * 7 % 90);
  }

  private static void writeLines(TcpStream stream) {
    for (int i = 0; i < LINES; i++) {
      stream.write(line(i) + (i % 2 == 0 ? "\n" : "\r\n"));
      if (i % 3 == 0) {
        Fiber.sleep(Duration.ofNanos(200_000));
      }
    }
    stream.shutdownOutput();
  }

  /** Tries until it listens, which may be late. */
  private static TcpStream connect(String host) {
    for (int tries = 1; ; tries++) {
      Fiber.sleep(Duration.ofMillis(1));
      try {
        return TcpStream.connect(host, 7000, SMALL);
      } catch (IoException e) {
        if (tries == 100) {
          throw e;
        }
      }
    }
  }

  private interface Body {
    void run(TcpStream stream) throws Exception;
  }

  /** Serves one connection. */
  private static void serve(Body body) throws Exception {
    ListenOptions options = ListenOptions.defaults().stream(SMALL);
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000, options);
        TcpStream stream = listener.accept()) {
      body.run(stream);
    }
  }

  // ---- lines

  @Test
  void shouldReadAllLinesThoughOneReadIsCancelled() {
    atEveryMoment(StreamCancellationTest::lines);
  }

  private static void lines(World world, Duration moment, Course course) {
    world.host("writer").run(() -> serve(StreamCancellationTest::writeLines));
    world
        .host("reader")
        .run(() -> {
          List<String> lines = new ArrayList<>();
          try (TcpStream stream = connect("writer")) {
            try {
              Cancellation.within(moment, () -> readLines(stream, lines));
            } catch (DeadlineExceededException e) {
              course.cut = true;
              readLines(stream, lines); // goes on where the cancelled one was
            }
          }
          assertThat(lines).isEqualTo(allLines());
        });
  }

  private static void readLines(TcpStream stream, List<String> lines) {
    for (String line = stream.readLine(200); line != null; line = stream.readLine(200)) {
      lines.add(line);
    }
  }

  private static List<String> allLines() {
    return IntStream.range(0, LINES).mapToObj(StreamCancellationTest::line).toList();
  }

  // ---- pipes

  @Test
  void shouldPassOnAllOrTellBothEndsThatAPipeWasCancelled() {
    atEveryMoment(StreamCancellationTest::pipe);
  }

  private static void pipe(World world, Duration moment, Course course) {
    world.host("right").run(() -> serve(stream -> answer(stream, course)));
    world.host("proxy").run(() -> serve(stream -> passOn(stream, moment, course)));
    world.host("left").run(() -> ask(course));
  }

  private static void passOn(TcpStream left, Duration moment, Course course) throws Exception {
    try (TcpStream right = connect("right")) {
      Pipe pipe = Pipe.between(left, right, Duration.ofMinutes(1));
      try {
        Cancellation.within(moment, pipe::run);
        assertThat(pipe.bytesToRight()).isGreaterThan(LINES * 7L);
        assertThat(pipe.bytesToLeft()).isEqualTo(3L * LINES);
        assertThat(left.isOpen() && right.isOpen()).isTrue();
      } catch (DeadlineExceededException e) {
        course.cut = true;
        assertThat(left.isOpen() || right.isOpen()).isFalse();
      }
      assertThat(pipe.isRunning()).isFalse();
    }
  }

  /** Answers each line. What looks like the end is the end. */
  private static void answer(TcpStream stream, Course course) {
    int lines = 0;
    try {
      for (String line = stream.readLine(200); line != null; line = stream.readLine(200)) {
        assertThat(line).isEqualTo(line(lines++));
        stream.write("ok\n");
      }
      assertThat(lines).isEqualTo(LINES);
    } catch (IoException e) {
      course.broken = e;
    }
  }

  private static void ask(Course course) {
    try (TcpStream stream = connect("proxy")) {
      int answers = 0;
      try (Scope scope = Scope.open("asking")) {
        scope.start("writer", () -> writeLines(stream));
        for (String line = stream.readLine(10); line != null; line = stream.readLine(10)) {
          assertThat(line).isEqualTo("ok");
          answers++;
        }
        scope.join();
      }
      assertThat(answers).isEqualTo(LINES);
    } catch (IoException | CancelledException e) {
      course.broken = e;
    }
  }
}
