package gyre.sim.engine;

import gyre.engine.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The terminal of a machine: a line with a screen and a keyboard at its end, and the settings of
 * the line. It takes what programs write piece by piece, as fast as it is.
 */
public final class TerminalDevice {
  static final byte[] RAW = {1};
  private static final byte[] COOKED = {0};
  private static final int CTRL_C = 3;
  private static final int CTRL_Z = 26;
  private static final long QUICK_NANOS = 50_000;

  private final Universe universe;
  private final Machine machine;
  private final PipeBuffer typed = new PipeBuffer(PipeBuffer.ATOMIC_BYTES);
  private final PipeBuffer shown = new PipeBuffer(PipeBuffer.ATOMIC_BYTES);
  private final ArrayDeque<Byte> toType = new ArrayDeque<>();
  private final Driver driver;
  private TerminalScreen screen;
  private byte[] settings = COOKED;
  private int pieceBytes = PipeBuffer.ATOMIC_BYTES;
  private long pauseNanos = QUICK_NANOS;
  private boolean isHungUp;

  /** The programs have stopped, and whoever sits there has the shell in front. */
  private boolean isStopped;

  private Runnable whenStopped = () -> {};

  private final Event taking =
      new Event() {
        @Override
        void fire() {
          take();
        }
      };

  TerminalDevice(Universe universe, Machine machine, int columns, int rows) {
    this.universe = universe;
    this.machine = machine;
    this.screen = new TerminalScreen(columns, rows);
    this.driver = new Driver(this, universe, machine);
  }

  /** The end that the keyboard and the screen are at: no program has it. */
  private static final class Driver extends PipeEnd {
    private final TerminalDevice device;

    Driver(TerminalDevice device, Universe universe, Machine machine) {
      super(universe, machine, "screen", device.shown, device.typed, null, 0);
      this.device = device;
    }

    @Override
    void changed() {
      if (device != null) { // else it is being made
        device.moved();
      }
    }
  }

  // ---- for programs

  PipeEnd user() {
    return new PipeEnd(universe, machine, "terminal", typed, shown, null, Errno.EIO.negated());
  }

  boolean isOf(@Nullable SimSocket socket) {
    return socket instanceof PipeEnd end && end.reads(typed);
  }

  byte[] settings() {
    return settings.clone();
  }

  int set(byte[] newSettings) {
    settings = newSettings.clone();
    return 0;
  }

  /** A program stops itself, and so do the others of its group. */
  void stop() {
    isStopped = true;
    whenStopped.run();
  }

  // ---- who sits there

  /** Has {@code action} run when they stop: it gives them no time any more. */
  public void whenStopped(Runnable action) {
    whenStopped = action;
  }

  public boolean isStopped() {
    return isStopped;
  }

  /** The programs go on: they have time again, and get CONT. */
  public void goOn() {
    isStopped = false;
    machine.signal("CONT");
  }

  private void moved() {
    push();
    if (shown.readableBytes() > 0 && !taking.isScheduled()) {
      universe.schedule(taking, 1 + pauseNanos);
    }
  }

  private void take() {
    byte[] piece = new byte[Math.min(pieceBytes, shown.readableBytes())];
    if (piece.length > 0) {
      int ignored = driver.readNow(piece);
      screen.write(piece);
    }
    if (shown.readableBytes() > 0) {
      universe.schedule(taking, 1 + pauseNanos);
    }
  }

  /** Takes all that was written, in no time. */
  public void settle() {
    while (!isHungUp && shown.readableBytes() > 0) {
      byte[] piece = new byte[shown.readableBytes()];
      int ignored = driver.readNow(piece);
      screen.write(piece);
    }
  }

  /** Types, as fast as the program reads. */
  public void type(byte[] bytes) {
    if (isStopped) {
      return; // the shell has it
    }
    for (byte one : bytes) {
      boolean isRaw = Arrays.equals(settings, RAW);
      if (!isRaw && one == CTRL_C) {
        machine.signal("INT");
      } else if (!isRaw && one == CTRL_Z) {
        machine.signal("TSTP");
      } else {
        toType.add(one);
      }
    }
    push();
  }

  private void push() {
    while (!isHungUp && !toType.isEmpty() && typed.roomBytes() > 0 && typed.hasReaders()) {
      byte[] bytes = new byte[Math.min(toType.size(), typed.roomBytes())];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = toType.remove();
      }
      int ignored = driver.writeNow(bytes, 0, bytes.length);
    }
  }

  public void type(String text) {
    type(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes at most so many bytes at a time, and waits that long before. */
  public void setPace(int newPieceBytes, long newPauseNanos) {
    pieceBytes = newPieceBytes;
    pauseNanos = newPauseNanos;
  }

  public void resize(int columns, int rows) {
    screen = screen.resized(columns, rows);
    machine.signal("WINCH");
  }

  /** The line is cut: reading ends, writing fails, and the programs get HUP. */
  public void hangUp() {
    if (!isHungUp) {
      isHungUp = true;
      universe.cancel(taking);
      driver.close();
      machine.signal("HUP");
    }
  }

  boolean isHungUp() {
    return isHungUp;
  }

  public boolean isRaw() {
    return Arrays.equals(settings, RAW);
  }

  public TerminalScreen screen() {
    return screen;
  }

  int columns() {
    return screen.columns();
  }

  int rows() {
    return screen.rows();
  }
}
