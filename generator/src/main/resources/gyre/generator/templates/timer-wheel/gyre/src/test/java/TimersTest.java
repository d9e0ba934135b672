import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gyre.Fiber;
import gyre.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TimersTest {
  @Test
  void shouldFireInTheOrderOfTheirTimes() {
    assertEquals(
        List.of("fired b", "fired a", "fired c"),
        lines(10, "set a 40", "set b 20", "set c 60", "set d 30", "cancel d"));
  }

  @Test
  void shouldRefuseWhatIsWrong() {
    assertEquals(
        List.of(
            "error expected set ID MILLIS or cancel ID",
            "error no timer x",
            "error too many timers",
            "fired a"),
        lines(1, "what", "cancel x", "set a 20", "set b 20"));
  }

  private static List<String> lines(int max, String... commands) {
    List<String> lines = new ArrayList<>();
    try (Loop loop = Loop.open()) {
      loop.run(
          () -> {
            Timers timers = new Timers(max, () -> {});
            for (String command : commands) {
              timers.command(command);
            }
            timers.end();
            while (!timers.isOver()) {
              Fiber.sleep(Duration.ofMillis(1));
              for (String line = timers.takeLine(); line != null; line = timers.takeLine()) {
                lines.add(line);
              }
            }
            assertTrue(timers.isOver());
          });
    }
    return lines;
  }
}
