package gyre.terminal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** How a terminal is used. Immutable. */
public final class TerminalOptions {
  private static final int DEFAULT_PASTE_BYTES = 1 << 20;
  private static final long DEFAULT_ESCAPE_MILLIS = 50;
  private static final long MAX_ESCAPE_MILLIS = 10_000;

  private static final TerminalOptions DEFAULTS =
      new TerminalOptions(
          true,
          false,
          true,
          DEFAULT_ESCAPE_MILLIS,
          DEFAULT_PASTE_BYTES,
          Optional.empty(),
          Optional.empty(),
          System.getenv());

  private final boolean fullScreen;
  private final boolean mouse;
  private final boolean suspends;
  private final long escapeMillis;
  private final int maxPasteBytes;
  private final Optional<Path> device;
  private final Optional<ColorDepth> colors;
  private final Map<String, String> environment;

  private TerminalOptions(
      boolean fullScreen,
      boolean mouse,
      boolean suspends,
      long escapeMillis,
      int maxPasteBytes,
      Optional<Path> device,
      Optional<ColorDepth> colors,
      Map<String, String> environment) {
    this.fullScreen = fullScreen;
    this.mouse = mouse;
    this.suspends = suspends;
    this.escapeMillis = escapeMillis;
    this.maxPasteBytes = maxPasteBytes;
    this.device = device;
    this.colors = colors;
    this.environment = environment;
  }

  public static TerminalOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Whether frames are drawn on the alternate screen, which leaves what the user saw before as it
   * was; on by default. Without it nothing can be drawn, and only events come.
   */
  public TerminalOptions fullScreen(boolean on) {
    return new TerminalOptions(
        on, mouse, suspends, escapeMillis, maxPasteBytes, device, colors, environment);
  }

  /** Whether the mouse is told of; off by default, since it takes selecting text from the user. */
  public TerminalOptions mouse(boolean on) {
    return new TerminalOptions(
        fullScreen, on, suspends, escapeMillis, maxPasteBytes, device, colors, environment);
  }

  /**
   * Whether Ctrl-Z stops the program, with the terminal restored meanwhile; on by default. If not,
   * it is a key like others.
   */
  public TerminalOptions suspends(boolean on) {
    return new TerminalOptions(
        fullScreen, mouse, on, escapeMillis, maxPasteBytes, device, colors, environment);
  }

  /**
   * How long after an Escape to wait for more before it is taken for the key; 50 ms by default. A
   * slow line takes more.
   */
  public TerminalOptions escapeTimeout(Duration timeout) {
    long millis = timeout.toMillis();
    if (millis < 1 || millis > MAX_ESCAPE_MILLIS) {
      throw new IllegalArgumentException(
          "escapeTimeout " + timeout + ": must be between 1 ms and " + MAX_ESCAPE_MILLIS + " ms");
    }
    return new TerminalOptions(
        fullScreen, mouse, suspends, millis, maxPasteBytes, device, colors, environment);
  }

  /** What is kept of one paste, 1 MiB by default; the rest is dropped and counted. */
  public TerminalOptions maxPasteBytes(int bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("maxPasteBytes " + bytes + ": must be at least 1");
    }
    return new TerminalOptions(
        fullScreen, mouse, suspends, escapeMillis, bytes, device, colors, environment);
  }

  /**
   * A terminal of this path instead of the one that the program was started in. Changes of its size
   * are seen only where the system tells this program of them.
   */
  public TerminalOptions device(Path path) {
    return new TerminalOptions(
        fullScreen,
        mouse,
        suspends,
        escapeMillis,
        maxPasteBytes,
        Optional.of(path),
        colors,
        environment);
  }

  /** How many colours are shown, whatever the environment says. */
  public TerminalOptions colors(ColorDepth depth) {
    return new TerminalOptions(
        fullScreen,
        mouse,
        suspends,
        escapeMillis,
        maxPasteBytes,
        device,
        Optional.of(depth),
        environment);
  }

  /**
   * Where {@code TERM}, {@code COLORTERM} and {@code NO_COLOR} are looked up instead of in the
   * environment of this process: for a terminal that another process has.
   */
  public TerminalOptions environment(Map<String, String> variables) {
    return new TerminalOptions(
        fullScreen,
        mouse,
        suspends,
        escapeMillis,
        maxPasteBytes,
        device,
        colors,
        Map.copyOf(variables));
  }

  public boolean fullScreen() {
    return fullScreen;
  }

  public boolean mouse() {
    return mouse;
  }

  public boolean suspends() {
    return suspends;
  }

  public long escapeMillis() {
    return escapeMillis;
  }

  public int maxPasteBytes() {
    return maxPasteBytes;
  }

  public Optional<Path> device() {
    return device;
  }

  ColorDepth colorDepth() {
    return colors.orElseGet(() -> ColorDepth.of(environment));
  }

  boolean isDumb() {
    return ColorDepth.isDumb(environment);
  }
}
