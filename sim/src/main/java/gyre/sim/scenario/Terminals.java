package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.io.IoException;
import gyre.sim.HostTerminal;
import gyre.sim.World;
import gyre.terminal.Screen;
import gyre.terminal.Style;
import gyre.terminal.Terminal;
import gyre.terminal.TerminalEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A program that counts what is typed, on a terminal that is quick or slow, changes its size, and
 * may hang up: every key comes once, the last frame is shown, and all is as before at the end.
 */
final class Terminals extends Weathered {
  private static final Duration SETTLED = Duration.ofMinutes(10);

  /**
   * So long a terminal may take to show what leaves the screen; later only its settings are back.
   */
  private static final long LEAVE_MILLIS = 200;

  /** More than waits to be shown when a program leaves, and what leaves the screen. */
  private static final long LEAVE_BYTES = 8 * 1024;

  /** What the model knows. */
  private static final class Typed {
    int keys;
    int seenKeys;
    int pastedCharacters;
    int seenCharacters;
    boolean isHungUp;
    boolean isCut;
    boolean hasEnded;
  }

  Terminals() {
    super("terminal", "keys, pastes, sizes and frames: none is lost, and the terminal is restored");
  }

  @Override
  void build(World world, Plan plan) {
    Typed typed = new Typed();
    HostTerminal terminal = world.host("host").terminal(plan.between(20, 120), 20);
    boolean isInTime = true;
    if (plan.oneIn(2)) {
      int pieceBytes = plan.magnitude(4_000);
      Duration pause = plan.millis(0, 20);
      terminal.pace(pieceBytes, pause);
      isInTime = pieceBytes * LEAVE_MILLIS >= LEAVE_BYTES * pause.toMillis();
    }
    boolean mustShowAll = isInTime;
    Plan program = plan.part("program");
    world.host("host").run(() -> run(typed, terminal, program));
    world.host("user").reliable().background(() -> use(terminal, typed, plan.part("user")));
    world.afterwards(() -> {
      boolean isAsBefore = mustShowAll ? terminal.isRestored() : !terminal.isRaw();
      check(isAsBefore || typed.isHungUp, "the terminal is not as it was");
      boolean isWhole = !typed.isHungUp && !typed.isCut;
      check(
          typed.seenKeys == typed.keys || !isWhole,
          typed.keys + " keys were typed, " + typed.seenKeys + " have come");
      check(
          typed.seenCharacters == typed.pastedCharacters || !isWhole,
          typed.pastedCharacters + " were pasted, " + typed.seenCharacters + " have come");
    });
  }

  // ---- the program

  private static void run(Typed typed, HostTerminal terminal, Plan plan) throws Exception {
    boolean isCut = plan.oneIn(4);
    try {
      if (isCut) {
        Cancellation.within(plan.millis(0, 400), () -> count(typed, terminal));
      } else {
        count(typed, terminal);
      }
    } catch (DeadlineExceededException e) {
      check(isCut, "a deadline that nobody has set: " + e);
      typed.isCut = true;
    } catch (IoException e) {
      check(typed.isHungUp || plan.isRough(), "the terminal failed: " + e);
      typed.isCut = true;
    } finally {
      typed.hasEnded = true;
    }
    checkNothingOpen("host");
  }

  private static void count(Typed typed, HostTerminal terminal) {
    try (Terminal own = Terminal.open()) {
      boolean isOver = false;
      while (!isOver) {
        int keys = typed.seenKeys;
        own.draw(screen -> draw(screen, keys));
        switch (own.next()) {
          case TerminalEvent.Key key when key.is('q') -> isOver = true;
          case TerminalEvent.Key _ -> typed.seenKeys++;
          case TerminalEvent.Paste paste -> typed.seenCharacters += paste.text().length();
          case TerminalEvent.Ended _ -> {
            check(typed.isHungUp, "an end of a terminal that has not hung up");
            return;
          }
          default -> {}
        }
      }
      Fiber.sleep(SETTLED);
      String shown = terminal.screen().getFirst();
      check(
          shown.equals("keys " + typed.seenKeys) || typed.isHungUp,
          "it shows '" + shown + "' after " + typed.seenKeys + " keys");
    }
  }

  /** So much that is new in each frame that a slow terminal falls behind. */
  private static void draw(Screen screen, int keys) {
    screen.put(0, 0, "keys " + keys, Style.plain().bold());
    for (int row = 1; row < screen.rows(); row++) {
      screen.put(0, row, String.valueOf(100_000 + keys * 7_919 + row).repeat(5), Style.plain());
    }
  }

  // ---- who sits there

  private static void use(HostTerminal terminal, Typed typed, Plan plan) {
    Fiber.sleep(Duration.ofMillis(50));
    boolean hangsUp = plan.oneIn(6);
    for (int i = plan.magnitude(60); i > 0 && !typed.hasEnded; i--) {
      switch (plan.between(0, 5)) {
        case 0 -> paste(terminal, typed, "x".repeat(plan.magnitude(500)));
        case 1 -> terminal.resize(plan.between(20, 120), plan.between(5, 40));
        case 2 -> inParts(terminal, typed, plan);
        default -> key(terminal, typed, "a");
      }
      if (plan.oneIn(2)) {
        Fiber.sleep(plan.millis(0, 30));
      }
    }
    if (hangsUp) {
      typed.isHungUp = true;
      terminal.hangUp();
    } else {
      terminal.type("q");
    }
  }

  /** What is typed into a terminal that is not raw yet is no paste and no event. */
  private static void paste(HostTerminal terminal, Typed typed, String text) {
    if (terminal.isRaw() && terminal.isPastingBracketed()) {
      typed.pastedCharacters += text.length();
      terminal.paste(text);
    }
  }

  private static void key(HostTerminal terminal, Typed typed, String sequence) {
    typed.keys++;
    terminal.type(sequence);
  }

  /** An arrow whose sequence comes byte by byte, and quickly enough to be one key. */
  private static void inParts(HostTerminal terminal, Typed typed, Plan plan) {
    typed.keys++;
    byte[] arrow = plan.oneOf("\u001b[A", "\u001b[1;5C", "é").getBytes(StandardCharsets.UTF_8);
    for (byte one : arrow) {
      terminal.type(new byte[] {one});
    }
  }
}
