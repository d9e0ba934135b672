package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.terminal.Style;
import gyre.terminal.Terminal;
import gyre.terminal.TerminalEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gyre's terminal above a simulated one. */
@Timeout(60)
class SimTerminalTest {
  private static final Duration SOON = Duration.ofMillis(100);

  /** Shows the last key, until q or the end. */
  private static void showKeys(List<TerminalEvent> seen) {
    try (Terminal terminal = Terminal.open()) {
      terminal.draw(screen -> screen.put(0, 0, "ready", Style.plain()));
      while (true) {
        TerminalEvent event = terminal.next();
        seen.add(event);
        if (event instanceof TerminalEvent.Ended
            || (event instanceof TerminalEvent.Key key && key.is('q'))) {
          return;
        }
        terminal.draw(screen -> screen.put(0, 0, "seen " + seen.size(), Style.plain()));
      }
    }
  }

  @Test
  void shouldTypeReadTheScreenAndFindItRestored() {
    for (int seed = 1; seed <= 5; seed++) {
      List<TerminalEvent> seen = new ArrayList<>();
      Simulation.seed(seed)
          .world(world -> {
            seen.clear();
            HostTerminal terminal = world.host("host").terminal(40, 10);
            world.host("host").run(() -> showKeys(seen));
            world
                .host("user")
                .run(() -> {
                  Fiber.sleep(SOON);
                  assertThat(terminal.screen().getFirst()).isEqualTo("ready");
                  assertThat(terminal.isRaw() && terminal.isAlternateScreen()).isTrue();
                  terminal.type("a");
                  Fiber.sleep(SOON);
                  assertThat(terminal.screen().getFirst()).isEqualTo("seen 1");
                  terminal.resize(20, 5).paste("some text");
                  Fiber.sleep(SOON);
                  terminal.type("q");
                });
            world.afterwards(() -> {
              assertThat(terminal.isRestored()).isTrue();
              assertThat(seen).hasSize(4);
              assertThat(seen).hasAtLeastOneElementOfType(TerminalEvent.Resize.class);
              assertThat(seen).hasAtLeastOneElementOfType(TerminalEvent.Paste.class);
            });
          })
          .check();
    }
  }

  @Test
  void shouldStopForCtrlZAndGoOnInTheForeground() {
    for (int seed = 1; seed <= 5; seed++) {
      List<TerminalEvent> seen = new ArrayList<>();
      long[] ticks = {0};
      Simulation.seed(seed)
          .world(world -> {
            seen.clear();
            HostTerminal terminal = world.host("host").terminal(40, 10);
            world
                .host("host")
                .run(() -> {
                  try (Scope scope = Scope.open("ticking")) {
                    scope.start(
                        "ticker",
                        () -> {
                          while (true) {
                            Fiber.sleep(Duration.ofMillis(1));
                            ticks[0]++;
                          }
                        });
                    showKeys(seen);
                    scope.cancel("the end");
                  }
                });
            world
                .host("user")
                .run(() -> {
                  Fiber.sleep(SOON);
                  assertThat(terminal.isRaw()).isTrue();
                  terminal.type("\u001a");
                  Fiber.sleep(SOON);
                  assertThat(terminal.isStopped()).isTrue();
                  assertThat(terminal.isRestored()).as("while it is stopped").isTrue();
                  long before = ticks[0];
                  terminal.type("a key for the shell");
                  Fiber.sleep(SOON);
                  assertThat(ticks[0]).as("no time while it is stopped").isEqualTo(before);
                  terminal.foreground();
                  Fiber.sleep(SOON);
                  assertThat(ticks[0]).isGreaterThan(before);
                  assertThat(terminal.isRaw() && terminal.isAlternateScreen()).isTrue();
                  assertThat(terminal.screen().getFirst()).startsWith("seen");
                  terminal.type("q");
                });
            world.afterwards(() -> {
              assertThat(terminal.isRestored()).isTrue();
              assertThat(seen).hasAtLeastOneElementOfType(TerminalEvent.Resumed.class);
            });
          })
          .check();
    }
  }

  @Test
  void shouldTellOfATerminalThatHangsUp() {
    List<TerminalEvent> seen = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          seen.clear();
          HostTerminal terminal = world.host("host").terminal(40, 10);
          world.host("host").run(() -> showKeys(seen));
          world.after(SOON, terminal::hangUp);
        })
        .check();
    assertThat(seen).last().isInstanceOf(TerminalEvent.Ended.class);
  }

  @Test
  void shouldSkipFramesOfASlowTerminal() {
    Simulation.seed(1)
        .world(world -> {
          HostTerminal terminal = world.host("host").terminal(80, 24);
          terminal.pace(100, Duration.ofMillis(10));
          world
              .host("host")
              .run(() -> {
                try (Terminal own = Terminal.open()) {
                  for (int i = 0; i < 200; i++) {
                    int number = i;
                    own.draw(screen -> {
                      for (int row = 0; row < 20; row++) {
                        screen.put(0, row, "row " + row + " of " + number, Style.plain());
                      }
                    });
                    Fiber.sleep(Duration.ofMillis(5));
                  }
                  Fiber.sleep(Duration.ofSeconds(5));
                  assertThat(own.statistics().skippedFrames()).isPositive();
                  assertThat(terminal.screen().get(3)).isEqualTo("row 3 of 199");
                }
              });
          world.afterwards(() -> assertThat(terminal.isRestored()).isTrue());
        })
        .check();
  }

  @Test
  void shouldBeRestoredWhereverItIsCancelled() {
    CutReport report =
        CancelEverywhere.of(
                world -> {
                  HostTerminal terminal = world.host("host").terminal(40, 10);
                  world.host("host").run(() -> showKeys(new ArrayList<>()));
                  world.after(SOON, () -> terminal.type("abc"));
                  world.after(SOON.multipliedBy(2), () -> terminal.type("q"));
                  world.afterwards(() -> assertThat(terminal.isRestored()).isTrue());
                })
            .cuts(Cut.CANCEL, Cut.CLOSE_HANDLE, Cut.SHUTDOWN)
            .check();
    assertThat(report.struck()).isPositive();
  }

  @Test
  void shouldSayThatThereIsNone() {
    Simulation.seed(1)
        .world(world ->
            world
                .host("host")
                .run(() -> {
                  try (Terminal terminal = Terminal.open()) {
                    assertThat(terminal.isInteractive()).isFalse();
                  }
                  var options =
                      gyre.terminal.TerminalOptions.defaults()
                          .device(java.nio.file.Path.of("/dev/tty"));
                  assertThatThrownBy(() -> Terminal.open(options)).isInstanceOf(IoException.class);
                }))
        .check();
  }
}
