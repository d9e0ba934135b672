package gyre.terminal;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.file.Fifo;
import gyre.io.ByteStream;
import gyre.terminal.TerminalEvent.Ended;
import gyre.terminal.TerminalEvent.Resumed;
import java.nio.file.Path;

/**
 * A program with a screen: run in a JVM and a terminal of its own by {@link TerminalProgramTest}.
 */
final class TerminalProgram {
  private TerminalProgram() {}

  /** What is the engine, then what it does at a key. */
  public static void main(String[] arguments) {
    try (Loop loop = Loop.open(Loops.options(arguments[0]))) {
      loop.run(arguments.length > 1 ? TerminalProgram::flood : TerminalProgram::show);
    }
  }

  /** More than a pipe takes, whose reader begins when the terminal is being closed. */
  private static void flood() throws Exception {
    Terminal terminal = Terminal.open();
    for (int i = 0; i < 200; i++) {
      String text = (i + " ").repeat(20);
      terminal.draw(screen -> fill(screen, text));
      Fiber.yield();
    }
    terminal.draw(screen -> screen.put(0, 0, "the last line", Style.plain()));
    Fiber<?> closing;
    try (ByteStream told = Fifo.at(Path.of(System.getenv("TOLD"))).openWriter()) {
      closing = Fiber.start("closes", terminal::close);
      Fiber.yield();
      told.write("closes\n");
    }
    closing.join();
  }

  private static void fill(Screen screen, String text) {
    for (int row = 0; row < screen.rows(); row++) {
      screen.put(0, row, text, Style.plain());
    }
  }

  private static void show() {
    String last = "ready";
    try (Terminal terminal = Terminal.open()) {
      while (true) {
        String text = last + " " + terminal.size() + (terminal.isInteractive() ? "" : " plain");
        terminal.draw(screen -> screen.put(0, 0, text, Style.plain()));
        TerminalEvent event = terminal.next();
        if (event instanceof Ended || (event instanceof TerminalEvent.Key key && key.is('q'))) {
          return;
        }
        if (event instanceof TerminalEvent.Key key && key.is('t')) {
          throw new IllegalStateException("planted failure");
        }
        if (event instanceof TerminalEvent.Key key && key.is('e')) {
          System.exit(3);
        }
        last = event instanceof Resumed ? "resumed" : event.toString();
      }
    }
  }
}
