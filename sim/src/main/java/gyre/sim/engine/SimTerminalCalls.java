package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.TerminalCalls;
import org.jspecify.annotations.Nullable;

/** What a simulated program calls of the terminal that it was started in. */
final class SimTerminalCalls implements TerminalCalls {
  private static final int LAST_STANDARD = 2;

  private final SimEngine engine;
  private final Universe universe;
  private long writes;

  SimTerminalCalls(SimEngine engine, Universe universe) {
    this.engine = engine;
    this.universe = universe;
  }

  /** That of its host, unless it was started by another program, with pipes. */
  private @Nullable TerminalDevice own() {
    return engine.process() == null ? engine.machine().terminal() : null;
  }

  private @Nullable TerminalDevice device(int descriptor) {
    TerminalDevice own = own();
    boolean isStandard = descriptor >= 0 && descriptor <= LAST_STANDARD;
    return own != null && (isStandard || own.isOf(engine.find(descriptor))) ? own : null;
  }

  @Override
  public int open(String path) {
    TerminalDevice own = own();
    if (own == null) {
      return Errno.ENXIO.negated();
    }
    return own.isHungUp() ? Errno.EIO.negated() : install(own.user());
  }

  private int install(PipeEnd end) {
    int descriptor = engine.install(end);
    if (descriptor < 0) {
      end.close();
    }
    return descriptor;
  }

  @Override
  public int duplicate(int descriptor) {
    PipeEnd standard = engine.standard(descriptor);
    return install(
        standard == null ? PipeEnd.ofNullDevice(universe, engine.machine()) : standard.duplicate());
  }

  @Override
  public void close(int descriptor) {
    engine.sockets().close(descriptor);
  }

  @Override
  public boolean isTerminal(int descriptor) {
    return device(descriptor) != null;
  }

  @Override
  public byte @Nullable [] settings(int descriptor) {
    TerminalDevice device = device(descriptor);
    return device == null ? null : device.settings();
  }

  @Override
  public int setSettings(int descriptor, byte[] settings) {
    TerminalDevice device = device(descriptor);
    if (device == null) {
      return Errno.ENOTTY.negated();
    }
    return device.isHungUp() ? Errno.EIO.negated() : device.set(settings);
  }

  @Override
  public byte[] raw(byte[] settings) {
    return TerminalDevice.RAW.clone();
  }

  @Override
  public int size(int descriptor) {
    TerminalDevice device = device(descriptor);
    return device == null ? Errno.ENOTTY.negated() : device.columns() << 16 | device.rows();
  }

  @Override
  public int read(int descriptor, byte[] into) {
    return engine.find(descriptor) instanceof PipeEnd end
        ? end.readNow(into)
        : Errno.EBADF.negated();
  }

  @Override
  public int write(int descriptor, byte[] from, int offset, int length) {
    writes++;
    return engine.find(descriptor) instanceof PipeEnd end
        ? end.writeNow(from, offset, length)
        : Errno.EBADF.negated();
  }

  @Override
  public long writes() {
    return writes;
  }

  /** Time does not pass while somebody asks. */
  @Override
  public boolean isReadable(int descriptor, long timeoutNanos) {
    return engine.find(descriptor) instanceof PipeEnd end && end.canRead();
  }

  @Override
  public boolean isWritable(int descriptor, long timeoutNanos) {
    return engine.find(descriptor) instanceof PipeEnd end && end.canWrite();
  }

  /** It has no more turns from now on, until who sits there lets it go on. */
  @Override
  public int stop() {
    TerminalDevice own = own();
    if (own == null) {
      return 0;
    }
    universe.script(engine.label() + " stops itself");
    own.stop();
    return Errno.EINPROGRESS.negated();
  }
}
