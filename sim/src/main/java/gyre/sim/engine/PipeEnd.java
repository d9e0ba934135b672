package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileTransfer;
import gyre.engine.Poll;
import gyre.engine.Sockets.Family;
import gyre.sim.fault.Fault;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor of a pipe, a FIFO, a pseudo-terminal or the null device: what is read comes from one
 * buffer, and what is written goes to another; each may be missing.
 */
class PipeEnd extends SimSocket {
  private static final long LATEST_NANOS = 5_000_000;
  private static final int WAITS = Integer.MIN_VALUE;

  private final String what;
  private final @Nullable PipeBuffer input;
  private final @Nullable PipeBuffer output;

  /** Of a FIFO: what the disk has of it. */
  private final @Nullable DiskNode node;

  /** What a read is told when nobody can write any more: 0, or the error of a terminal. */
  private final int end;

  PipeEnd(
      Universe universe,
      Machine machine,
      String what,
      @Nullable PipeBuffer input,
      @Nullable PipeBuffer output,
      @Nullable DiskNode node,
      int end) {
    super(universe, machine, Family.UNIX);
    this.what = what;
    this.input = input;
    this.output = output;
    this.node = node;
    this.end = end;
    register();
  }

  private void register() {
    if (input != null) {
      input.add(this);
    }
    if (output != null) {
      output.add(this);
    }
  }

  /** Nothing to read, and what is written is dropped. */
  static PipeEnd ofNullDevice(Universe universe, Machine machine) {
    return new PipeEnd(universe, machine, "null device", null, null, null, 0);
  }

  /** One more descriptor of the same. */
  PipeEnd duplicate() {
    return new PipeEnd(universe, machine, what, input, output, node, end);
  }

  boolean reads(PipeBuffer buffer) {
    return buffer == input;
  }

  boolean writes(PipeBuffer buffer) {
    return buffer == output;
  }

  @Nullable DiskNode node() {
    return node;
  }

  /** Something has happened at another end. */
  void changed() {
    edges = Poll.READABLE | Poll.WRITABLE | Poll.HANG_UP;
    Chaos chaos = universe.chaos();
    if (engine != null && chaos.strikes(Fault.LATE_COMPLETION, engine, this)) {
      readyLater(1 + chaos.of(Fault.LATE_COMPLETION).below(LATEST_NANOS));
    } else {
      ready();
    }
  }

  @Override
  void progress(SimEngine trying) {
    if (isHeldBack()) {
      return;
    }
    if (receiver instanceof FileTransfer reader) {
      int result = tryRead(trying, reader);
      if (result != WAITS) {
        receiver = null;
        trying.complete(reader, Completion.Kind.TERMINAL, result);
      }
    }
    if (sender instanceof FileTransfer writer) {
      int result = tryWrite(trying, writer);
      if (result != WAITS) {
        sender = null;
        trying.complete(writer, Completion.Kind.TERMINAL, result);
      }
    }
    tellPoll(trying);
  }

  int tryRead(SimEngine trying, FileTransfer reader) {
    assert !reader.isVector : "a vector of a pipe";
    PipeBuffer from = input;
    if (from == null) {
      return output == null ? 0 : Errno.EBADF.negated();
    }
    if (from.readableBytes() == 0) {
      return from.hasWriters() ? WAITS : end;
    }
    int length = shorten(trying, Math.min(reader.length, from.readableBytes()));
    from.read(reader.address, length);
    from.tellOthers(this);
    return length;
  }

  int tryWrite(SimEngine trying, FileTransfer writer) {
    assert !writer.isVector : "a vector of a pipe";
    PipeBuffer to = output;
    if (to == null) {
      return input == null ? writer.length : Errno.EBADF.negated();
    }
    if (!to.hasReaders()) {
      return end == 0 ? Errno.EPIPE.negated() : end;
    }
    boolean isAtomic = writer.length <= PipeBuffer.ATOMIC_BYTES;
    if (to.roomBytes() < (isAtomic ? writer.length : 1)) {
      return WAITS;
    }
    int room = Math.min(writer.length, to.roomBytes());
    int length = isAtomic ? room : shorten(trying, room);
    to.write(writer.address, length);
    to.tellOthers(this);
    return length;
  }

  @Override
  public int receiveNow(long address, int length, boolean peeks) {
    PipeBuffer from = input;
    SimEngine trying = engine;
    if (from == null || trying == null) {
      return output == null ? 0 : Errno.EBADF.negated();
    }
    if (from.readableBytes() == 0) {
      return from.hasWriters() ? EAGAIN : end;
    }
    int some = shorten(trying, Math.min(length, from.readableBytes()));
    from.read(address, some);
    from.tellOthers(this);
    return some;
  }

  @Override
  public int sendNow(Pieces bytes) {
    PipeBuffer to = output;
    SimEngine trying = engine;
    int wanted = (int) bytes.bytes();
    if (to == null || trying == null) {
      return input == null ? wanted : Errno.EBADF.negated();
    }
    if (!to.hasReaders()) {
      return end == 0 ? Errno.EPIPE.negated() : end;
    }
    boolean isAtomic = wanted <= PipeBuffer.ATOMIC_BYTES;
    if (to.roomBytes() < (isAtomic ? wanted : 1)) {
      return EAGAIN;
    }
    int some = isAtomic ? wanted : shorten(trying, Math.min(wanted, to.roomBytes()));
    int left = some;
    for (int i = 0; i < bytes.count() && left > 0; i++) {
      int length = Math.min(left, bytes.length(i));
      to.write(bytes.base(i), length);
      left -= length;
    }
    to.tellOthers(this);
    return some;
  }

  /** Reads at once, or answers {@code -EAGAIN}: for who waits by a poll. */
  int readNow(byte[] into) {
    PipeBuffer from = input;
    if (from == null) {
      return 0;
    }
    if (from.readableBytes() == 0) {
      return from.hasWriters() ? Errno.EAGAIN.negated() : end;
    }
    int length = Math.min(into.length, from.readableBytes());
    from.read(into, length);
    from.tellOthers(this);
    return length;
  }

  boolean canRead() {
    return (levels() & (Poll.READABLE | Poll.HANG_UP)) != 0 || input == null;
  }

  boolean canWrite() {
    return output == null || !output.hasReaders() || output.roomBytes() > 0;
  }

  /** Writes what there is room for, or answers {@code -EAGAIN}. */
  int writeNow(byte[] bytes, int offset, int length) {
    PipeBuffer to = output;
    if (to == null) {
      return length;
    }
    if (!to.hasReaders()) {
      return end == 0 ? Errno.EPIPE.negated() : end;
    }
    int some = Math.min(length, to.roomBytes());
    if (some == 0 && length > 0) {
      return Errno.EAGAIN.negated();
    }
    to.write(bytes, offset, some);
    to.tellOthers(this);
    return some;
  }

  final int shorten(SimEngine trying, int length) {
    return length > 1 && universe.chaos().strikes(Fault.SHORT_TRANSFER, trying, this)
        ? 1 + universe.chaos().of(Fault.SHORT_TRANSFER).below(length - 1)
        : length;
  }

  private void tellPoll(SimEngine trying) {
    Poll waiting = poll;
    if (waiting == null) {
      return;
    }
    int told = levels() & edges & (waiting.interest | Poll.HANG_UP);
    edges &= ~told;
    if (told != 0) {
      trying.complete(waiting, Completion.Kind.READY, told);
    }
  }

  @Override
  public int levels() {
    int levels = 0;
    if (input != null) {
      levels |= input.readableBytes() > 0 ? Poll.READABLE : 0;
      levels |= input.hadWriter() && !input.hasWriters() ? Poll.HANG_UP : 0;
    }
    if (output != null) {
      boolean isGone = !output.hasReaders();
      levels |= isGone || output.roomBytes() >= PipeBuffer.ATOMIC_BYTES ? Poll.WRITABLE : 0;
      levels |= isGone ? Poll.HANG_UP : 0;
    }
    return levels;
  }

  @Override
  void close() {
    if (!closed) {
      closed();
      if (input != null) {
        input.remove(this);
      }
      if (output != null) {
        output.remove(this);
      }
    }
  }

  /** Who has the other end goes on, and sees that this one is gone. */
  @Override
  void vanish() {
    close();
  }

  @Override
  String explain() {
    PipeBuffer of = input != null ? input : output;
    return of == null ? what : what + ": " + of;
  }

  @Override
  String describe() {
    return input == null ? what + ", to write" : output == null ? what + ", to read" : what;
  }
}
