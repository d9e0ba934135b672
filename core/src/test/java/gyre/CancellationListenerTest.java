package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CancellationListenerTest {
  private final List<String> log = new ArrayList<>();

  private void cancelAndLetListenersRun(Cancellation token) {
    token.cancel("enough");
    Fiber.yield();
    Fiber.yield();
  }

  @Test
  void shouldTakeBackNothingButItself() {
    Loops.run(
        "nio",
        () -> {
          Cancellation token = Cancellation.current().child();
          Runnable listener = () -> log.add("told");
          Registration first = token.onCancel(listener);
          Registration second = token.onCancel(listener);
          first.close();
          first.close();
          cancelAndLetListenersRun(token);
          second.close();
        });
    assertThat(log).containsExactly("told");
  }

  @Test
  void shouldTellTheOthersInTheirOrder() {
    Loops.run(
        "nio",
        () -> {
          for (int removed = 0; removed < 4; removed++) {
            log.clear();
            Cancellation token = Cancellation.current().child();
            List<Registration> registrations = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
              String name = "listener " + i;
              registrations.add(token.onCancel(() -> log.add(name)));
              if (i != removed) {
                expected.add(name);
              }
            }
            registrations.get(removed).close();
            token.onCancel(() -> log.add("last"));
            expected.add("last");
            cancelAndLetListenersRun(token);
            registrations.forEach(Registration::close);
            assertThat(log).as("without %d", removed).isEqualTo(expected);
          }
        });
  }
}
