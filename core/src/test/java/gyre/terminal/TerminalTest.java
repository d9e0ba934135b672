package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.ShutdownOptions;
import gyre.Task;
import gyre.process.TamperedEngine;
import gyre.terminal.TerminalEvent.Ended;
import gyre.terminal.TerminalEvent.Focus;
import gyre.terminal.TerminalEvent.Paste;
import gyre.terminal.TerminalEvent.Resize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: each promise of a terminal once, in one pseudo-terminal.
/** A terminal on a loop, with a pseudo-terminal of the kernel before it. */
@Tag("fiber-modes")
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class TerminalTest {
  private static final String LEAVE_SCREEN = "\u001b[?25h\u001b[?1049l";

  private final Pty pty = new Pty(80, 24);
  private final String before = pty.settings();

  private TerminalOptions options() {
    return TerminalOptions.defaults()
        .device(pty.path())
        .environment(Map.of("TERM", "xterm-256color"));
  }

  @AfterEach
  void closePty() {
    pty.close();
  }

  private void run(String engine, Task main) {
    Loops.run(engine, main);
    if (!isVanished) {
      assertThat(pty.settings()).as("settings").isEqualTo(before);
    }
  }

  private boolean isVanished;

  // ---- raw mode, and the screen

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRestoreTheTerminalWhenItIsClosed(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            assertThat(terminal.isInteractive()).isTrue();
            assertThat(pty.settings()).isNotEqualTo(before);
            assertThat(pty.read()).startsWith("\u001b[?1049h");
          }
          assertThat(pty.settings()).isEqualTo(before);
          assertThat(pty.read()).endsWith(LEAVE_SCREEN);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRestoreTheTerminalWhenTheBodyThrows(String engine) {
    assertThatThrownBy(() ->
            run(
                engine,
                () -> {
                  Terminal terminal = Terminal.open(options());
                  terminal.draw(screen -> screen.put(0, 0, "x", Style.plain()));
                  throw new IllegalArgumentException("planted");
                }))
        .hasMessageContaining("planted");
    assertThat(pty.settings()).isEqualTo(before);
    assertThat(pty.read()).endsWith(LEAVE_SCREEN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldUndoASetUpThatFailsHalfWay(String engine) {
    pty.fill(); // the settings are set, and then the screen can't be entered
    run(
        engine,
        () ->
            assertThatThrownBy(() -> Terminal.open(options()))
                .isInstanceOf(TerminalException.class)
                .hasMessageContaining("set " + pty.path())
                .hasMessageContaining("ETIMEDOUT"));
  }

  /** Or else whoever is closed last would bring back the raw state of the other. */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldBeOpenOnceAtATime(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            String raw = pty.settings();
            assertThatThrownBy(() -> Terminal.open(options()))
                .isInstanceOf(TerminalException.class)
                .hasMessageContaining("EBUSY")
                .hasMessageContaining("open as a Terminal already");
            assertThat(pty.settings()).as("of the one that is open").isEqualTo(raw);
            assertThat(terminal.isOpen()).isTrue();
          }
          assertThat(pty.settings()).isEqualTo(before);
          try (Terminal again = Terminal.open(options())) {
            assertThat(again.isInteractive()).isTrue();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldSayWhyThereIsNoTerminal(String engine) {
    run(
        engine,
        () -> {
          assertThatThrownBy(() -> Terminal.open(options().device(Path.of("/dev/null"))))
              .hasMessage("open /dev/null: ENOTTY (not a terminal)");
          assertThatThrownBy(() -> Terminal.open(options().device(Path.of("/dev/no-such"))))
              .hasMessageStartingWith("open /dev/no-such: ENOENT");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"nio"})
  void shouldSayWhichEngineToTake(String engine) {
    run(
        engine,
        () ->
            assertThatThrownBy(() -> Terminal.open(options()))
                .isInstanceOf(TerminalException.class)
                .hasMessageContaining("take io_uring or epoll"));
  }

  // ---- events

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTellWhatTheUserDoes(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options().mouse(true))) {
            pty.await("\u001b[?1006h");
            pty.type("q\u001b[1;5A\u0003\u001b[200~two\rlines\u001b[201~\u001b[Ié");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('q', 0));
            assertThat(terminal.next())
                .isEqualTo(TerminalEvent.Key.of(KeyCode.UP, Modifiers.CONTROL));
            assertThat(terminal.next())
                .isEqualTo(TerminalEvent.Key.character('c', Modifiers.CONTROL));
            assertThat(terminal.next()).isEqualTo(new Paste("two\rlines", 0));
            assertThat(terminal.next()).isEqualTo(new Focus(true));
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('é', 0));
            assertThat(terminal.poll()).isEmpty();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTakeALoneEscapeForTheKey(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options().escapeTimeout(Duration.ofMillis(5)))) {
            pty.type("\u001b");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.of(KeyCode.ESCAPE, 0));
            pty.type("\u001b[A");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.of(KeyCode.UP, 0));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldServeOthersWhileNoKeyComes(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            Fiber<?> other =
                Fiber.start(
                    "other",
                    () -> {
                      Fiber.sleep(Duration.ofMillis(1));
                      pty.type("x");
                    });
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('x', 0));
            other.join();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTellAHandler(String engine) {
    run(
        engine,
        () -> {
          List<TerminalEvent> told = new ArrayList<>();
          Terminal terminal = Terminal.open(options());
          terminal.onEvent(event -> {
            told.add(event);
            if (event instanceof TerminalEvent.Key key && key.is('q')) {
              terminal.close();
            }
          });
          assertThatThrownBy(terminal::next).hasMessageContaining("push style");
          pty.type("abq");
          while (terminal.isOpen()) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThat(told).extracting(Object::toString).containsExactly("a", "b", "q");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldReadNoMoreThanItCanKeepAndLoseNothing(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            int total = 0;
            for (int round = 0; round < 20; round++) {
              pty.type("x".repeat(1000));
              Fiber.yield();
              if (round % 4 == 3) {
                for (int i = 0; i < 4000; i++) {
                  assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('x', 0));
                  total++;
                }
              }
            }
            assertThat(total).isEqualTo(20_000);
            assertThat(terminal.poll()).isEmpty();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTurnTheKittyProtocolOnWhereItIsOffered(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            assertThat(pty.read()).endsWith("\u001b[?u").doesNotContain("\u001b[>1u");
            pty.type("\u001b[?0ux");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('x', 0));
            assertThat(pty.read()).endsWith("\u001b[>1u");
          }
          assertThat(pty.read()).contains("\u001b[<u");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTellThatTheTerminalHasGone(String engine) {
    isVanished = true;
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            terminal.draw(screen -> screen.put(0, 0, "x", Style.plain()));
            pty.type("a");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('a', 0));
            pty.vanish();
            assertThat(terminal.next())
                .isInstanceOfSatisfying(
                    Ended.class, ended -> assertThat(ended.reason()).contains("has gone away"));
            assertThat(terminal.next()).isInstanceOf(Ended.class);
            terminal.draw(screen -> screen.put(0, 0, "y", Style.plain()));
            Fiber.yield();
            assertThatThrownBy(() -> terminal.draw(screen -> {}))
                .isInstanceOf(TerminalException.class)
                .hasMessageContaining("write to terminal-")
                .hasMessageContaining("EIO");
          }
        });
  }

  // ---- size

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTellTheLastOfManySizes(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            assertThat(terminal.size()).isEqualTo(new TerminalSize(80, 24));
            for (int i = 1; i <= 100; i++) {
              pty.resize(100 + i, 40);
              Winch.send();
            }
            TerminalSize last = new TerminalSize(200, 40);
            int events = 0;
            TerminalSize told = terminal.size();
            while (!told.equals(last)) {
              told = ((Resize) terminal.next()).size();
              events++;
            }
            assertThat(events).isBetween(1, 100);
            assertThat(terminal.size()).isEqualTo(last);
            terminal.draw(screen -> assertThat(screen.size()).isEqualTo(last));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldAssumeASizeWhereTheTerminalKnowsNone(String engine) {
    pty.resize(0, 0);
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            assertThat(terminal.size()).isEqualTo(TerminalSize.FALLBACK);
          }
        });
  }

  // ---- frames

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldWriteAFrameAtOnce(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            terminal.draw(screen -> half(screen, 1));
            Fiber.yield();
            pty.await("\u001b[?2026l");
            pty.forget();
            terminal.draw(screen -> half(screen, 1));
            Fiber.yield();
            TerminalStatistics once = terminal.statistics();
            assertThat(once.writes()).as("writes").isEqualTo(1);
            assertThat(once.writtenFrames()).isEqualTo(1);
            assertThat(pty.read()).as("the same frame").isEmpty();
            for (int i = 0; i < 100; i++) {
              int number = i;
              terminal.draw(screen -> half(screen, number)); // of one turn the last
            }
            Fiber.yield();
            assertThat(terminal.statistics()).isEqualTo(new TerminalStatistics(2, 99, 2));
            Emulator shows = new Emulator(80, 24);
            byte[] bytes = pty.read().getBytes(StandardCharsets.UTF_8);
            assertThat(bytes).hasSizeLessThan(2048);
            shows.write(bytes, bytes.length);
            assertThat(shows.frames).isEqualTo(1);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldSkipFramesWhileTheTerminalIsSlowAndThenShowTheNewest(String engine) {
    run(
        engine,
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            pty.await("\u001b[?u");
            pty.forget();
            for (int i = 1; i <= 300; i++) {
              int number = i;
              terminal.draw(screen -> page(screen, number));
              Fiber.yield();
            }
            TerminalStatistics blocked = terminal.statistics();
            assertThat(blocked.skippedFrames()).isGreaterThan(200);
            Emulator shows = new Emulator(80, 24);
            String seen =
                Fiber.offload(() -> pty.await("the newest frame", text -> isNewest(text, shows)));
            assertThat(seen).isNotEmpty();
            assertThat(shows.text(23)).startsWith("300 300");
            assertThat(terminal.statistics().skippedFrames())
                .isEqualTo(300 - terminal.statistics().writtenFrames());
          }
        });
  }

  private static boolean isNewest(String text, Emulator shows) {
    if (!text.endsWith("\u001b[?2026l") || !text.contains("300")) {
      return false;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    shows.write(bytes, bytes.length);
    return true;
  }

  /** All cells differ from those of other numbers. */
  private static void page(Screen screen, int number) {
    fill(screen, number, 30);
  }

  /** Below the 2,048 bytes after which the kernel may leave the rest of a write. */
  private static void half(Screen screen, int number) {
    fill(screen, number, 12);
  }

  private static void fill(Screen screen, int number, int times) {
    for (int row = 0; row < screen.rows(); row++) {
      screen.put(0, row, (number + " ").repeat(times), Style.of(Color.indexed(number % 256)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldPrintLinesOnADumbTerminal(String engine) {
    run(
        engine,
        () -> {
          TerminalOptions dumb = options().environment(Map.of("TERM", "dumb"));
          try (Terminal terminal = Terminal.open(dumb)) {
            assertThat(terminal.isInteractive()).isFalse();
            assertThat(pty.settings()).isEqualTo(before);
            terminal.draw(screen -> screen.put(0, 3, "12:00", Style.of(Color.RED)));
            Fiber.yield();
            terminal.draw(screen -> screen.put(0, 3, "12:01", Style.of(Color.RED)));
            Fiber.yield();
            assertThat(pty.read()).isEqualTo("12:00\r\n12:01\r\n");
            pty.type("ok\r\u0004");
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('o', 0));
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.character('k', 0));
            assertThat(terminal.next()).isEqualTo(TerminalEvent.Key.of(KeyCode.ENTER, 0));
            assertThat(terminal.next()).isEqualTo(new Ended(""));
          }
        });
  }

  /** A reader may be as slow as it likes, as long as it reads. */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldPrintTheLastLinesAsFastAsTheyAreTaken(String engine) {
    pty.resize(500, 500); // a frame is several times what the terminal takes at once
    Loops.runInVirtualTime(
        engine,
        () -> {
          Terminal terminal = Terminal.open(options().environment(Map.of("TERM", "dumb")));
          terminal.draw(screen -> {
            for (int row = 0; row < screen.rows(); row++) {
              screen.put(0, row, (row + " ").repeat(120), Style.plain());
            }
            screen.put(0, screen.rows() - 1, "the last line", Style.plain());
          });
          Fiber<?> closing = Fiber.start("closes", terminal::close);
          int reads = 0;
          while (closing.isAlive()) {
            Fiber.sleep(Duration.ofMillis(900)); // and after a second it would be given up
            pty.makeRoom();
            reads++;
            while (closing.isAlive() && pty.takesMore()) {
              Fiber.yield();
            }
          }
          assertThat(reads).isGreaterThan(2);
        });
    String ignored = pty.await("the last line");
  }

  // ---- the end

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldEndWithItsLoop(String engine) {
    run(
        engine,
        () -> {
          Fiber<?> reader =
              Fiber.start(
                  "reads",
                  () -> {
                    try (Terminal terminal = Terminal.open(options())) {
                      assertThatThrownBy(terminal::next)
                          .isInstanceOf(CancelledException.class)
                          .hasMessageContaining("shuts down");
                    }
                  });
          Fiber.yield();
          Loop.current().shutdown(ShutdownOptions.defaults());
          reader.join();
        });
    assertThat(pty.read()).endsWith(LEAVE_SCREEN);
  }

  /** The way out goes on while the loop serves whoever makes room for it. */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldServeOthersWhileTheTerminalIsSlowToBeLeft(String engine) {
    run(
        engine,
        () -> {
          Terminal terminal = Terminal.open(options());
          pty.fill();
          Fiber<?> closing = Fiber.start("closes", terminal::close);
          Fiber.yield();
          assertThat(terminal.isOpen()).isFalse();
          while (closing.isAlive()) {
            String ignored = pty.read();
            Fiber.yield();
          }
          assertThat(pty.read()).endsWith(LEAVE_SCREEN);
          assertThat(pty.settings()).isEqualTo(before);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldServeOthersWhileTheTerminalIsSlowToBeEntered(String engine) {
    pty.fill();
    run(
        engine,
        () -> {
          Fiber<?> opening =
              Fiber.start(
                  "opens",
                  () -> {
                    try (Terminal terminal = Terminal.open(options())) {
                      assertThat(terminal.isInteractive()).isTrue();
                    }
                  });
          while (opening.isAlive()) {
            String ignored = pty.read();
            Fiber.yield();
          }
          assertThat(pty.read()).contains("\u001b[?1049h").endsWith(LEAVE_SCREEN);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldTellThatItsOutputCannotBeWatched(String engine) {
    TamperedEngine tampered = TamperedEngine.of(engine);
    Loops.runReporting(
        Loops.options(engine).engine(tampered::engine),
        () -> {
          try (Terminal terminal = Terminal.open(options())) {
            pty.fill();
            tampered.failingPolls = 1;
            terminal.draw(screen -> page(screen, 1));
            assertThat(terminal.next())
                .isInstanceOfSatisfying(
                    Ended.class, ended -> assertThat(ended.reason()).contains("ENOMEM"));
            assertThatThrownBy(() -> terminal.draw(screen -> {}))
                .isInstanceOf(TerminalException.class)
                .hasMessageContaining("ENOMEM");
          }
          assertThat(pty.settings()).isEqualTo(before);
        });
  }

  /** Nobody waits for anything then, but for the terminal somebody else does. */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRestoreTheTerminalWhenTheLoopIsForcedToEndAndItIsSlow(String engine) {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        Terminal terminal = Terminal.open(options());
        terminal.background(true);
        pty.fill();
        loop.forceShutdown();
        assertThatThrownBy(terminal::next).isInstanceOf(RuntimeException.class);
      });
      // At once: it is not waited for long, and the loop may take its time to be closed.
      String ignored = pty.await("the way out", text -> text.endsWith(LEAVE_SCREEN));
    }
    pty.await("the settings as before", text -> pty.settings().equals(before));
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRestoreTheSettingsOfATerminalThatTakesNothing(String engine) {
    run(
        engine,
        () -> {
          Terminal terminal = Terminal.open(options());
          pty.fill();
          terminal.close();
          assertThat(pty.settings()).isEqualTo(before);
        });
  }

  /** Tells this JVM that a size has changed: the kernel tells only those in the foreground. */
  private static final class Winch {
    static void send() throws Exception {
      Class<?> type = Class.forName("sun.misc.Signal");
      Object signal = type.getConstructor(String.class).newInstance("WINCH");
      type.getMethod("raise", type).invoke(null, signal);
    }
  }
}
