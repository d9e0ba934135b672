package gyre.sim;

import gyre.sim.engine.TerminalDevice;
import java.time.Duration;
import java.util.List;

/**
 * The terminal that the programs of a host were started in, and who sits in front of it. Programs
 * have it by {@code Terminal.open}.
 *
 * <p>What is typed waits until somebody reads it. Before a program has set the terminal to raw,
 * Ctrl-C and Ctrl-Z send signals to the host. A program that stops itself, as a {@code Terminal}
 * does when Ctrl-Z is typed, has no time until {@link #foreground}; meanwhile what is typed is the
 * shell's, and lost here.
 */
public final class HostTerminal {
  private static final int ALTERNATE_SCREEN = 1049;
  private static final int CURSOR = 25;
  private static final int BRACKETED_PASTE = 2004;

  private final World world;
  private final Host host;
  private final TerminalDevice device;

  HostTerminal(World world, Host host, TerminalDevice device) {
    this.world = world;
    this.host = host;
    this.device = device;
  }

  /** Types text, or the sequences of keys: {@code "\u001b[A"} is the arrow up. */
  public HostTerminal type(String keys) {
    world.script("typed on " + host.name() + ": " + keys.length() + " characters");
    device.type(keys);
    return this;
  }

  /** Bytes as they are, whole sequences or parts of some. */
  public HostTerminal type(byte[] bytes) {
    device.type(bytes);
    return this;
  }

  /** Pastes a text; between brackets if the program has asked for those. */
  public HostTerminal paste(String text) {
    boolean isBracketed = device.screen().isOn(BRACKETED_PASTE);
    return type(isBracketed ? "\u001b[200~" + text + "\u001b[201~" : text);
  }

  /** Has another size from now on, and tells the programs of the host. */
  public HostTerminal resize(int columns, int rows) {
    world.script("the terminal of " + host.name() + " has " + columns + " by " + rows);
    device.resize(columns, rows);
    return this;
  }

  /**
   * How fast it shows what is written: at most so many bytes after each pause. Without a word it is
   * quick.
   */
  public HostTerminal pace(int pieceBytes, Duration pause) {
    if (pieceBytes < 1 || pause.isNegative()) {
      throw new IllegalArgumentException(pieceBytes + " bytes after " + pause + ": at least one");
    }
    device.setPace(pieceBytes, pause.toNanos());
    return this;
  }

  /** Goes away: programs read the end, can't write, and get HUP. */
  public HostTerminal hangUp() {
    world.script("the terminal of " + host.name() + " hangs up");
    device.hangUp();
    return this;
  }

  /** Whether the programs of the host have stopped, as by Ctrl-Z. */
  public boolean isStopped() {
    return device.isStopped();
  }

  /** What {@code fg} does in a shell: the programs go on where they have stopped, and get CONT. */
  public HostTerminal foreground() {
    if (!device.isStopped()) {
      throw new IllegalStateException("nothing has stopped on " + host.name());
    }
    world.script("the programs of " + host.name() + " go on");
    host.stopPrograms(false);
    device.goOn();
    return this;
  }

  /** What it shows, row by row, without the blanks at their ends. */
  public List<String> screen() {
    return device.screen().lines();
  }

  /** How many frames it was given. */
  public long frames() {
    return device.screen().frames();
  }

  public boolean isRaw() {
    return device.isRaw();
  }

  /** Whether a program has asked for pastes to be told apart from what is typed. */
  public boolean isPastingBracketed() {
    return device.screen().isOn(BRACKETED_PASTE);
  }

  public boolean isAlternateScreen() {
    return device.screen().isOn(ALTERNATE_SCREEN);
  }

  /**
   * All is as it was before any program: settings, screen, cursor, and nothing is reported. Shows
   * at once what was written and is on its way.
   */
  public boolean isRestored() {
    device.settle();
    return !isRaw()
        && !isAlternateScreen()
        && device.screen().isOn(CURSOR)
        && !device.screen().isOn(BRACKETED_PASTE);
  }
}
