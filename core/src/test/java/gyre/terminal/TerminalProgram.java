package gyre.terminal;

import gyre.Loop;
import gyre.Loops;
import gyre.terminal.TerminalEvent.Ended;
import gyre.terminal.TerminalEvent.Resumed;

/**
 * A program with a screen: run in a JVM and a terminal of its own by {@link TerminalProgramTest}.
 */
final class TerminalProgram {
  private TerminalProgram() {}

  /** What is the engine, then what it does at a key. */
  public static void main(String[] arguments) {
    try (Loop loop = Loop.open(Loops.options(arguments[0]))) {
      loop.run(TerminalProgram::show);
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
