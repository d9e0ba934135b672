package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileFlags;
import gyre.engine.FileTransfer;
import gyre.engine.Poll;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;

/**
 * A file in the place of a stream: what a child has for its input, output or errors. All
 * descriptors that come of one opening go on where the others have stopped.
 */
final class FileEnd extends PipeEnd {
  private static final int MOST_BYTES = 1 << 26;

  /** What the descriptors of one opening share. */
  private static final class Description {
    final DiskNode node;
    final int flags;
    int position;

    Description(DiskNode node, int flags) {
      this.node = node;
      this.flags = flags;
    }
  }

  private final Description open;

  private FileEnd(Universe universe, Machine machine, Description open) {
    super(universe, machine, "file", null, null, open.node, 0);
    this.open = open;
  }

  static FileEnd of(Universe universe, Machine machine, DiskNode node, int flags) {
    return new FileEnd(universe, machine, new Description(node, flags));
  }

  @Override
  PipeEnd duplicate() {
    return new FileEnd(universe, machine, open);
  }

  private boolean isReadable() {
    return (open.flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_WRONLY;
  }

  private boolean isWritable() {
    return (open.flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_RDONLY;
  }

  @Override
  int tryRead(SimEngine trying, FileTransfer reader) {
    if (universe.chaos().strikes(Fault.FILE_ERROR, trying, this)) {
      return Errno.EIO.negated();
    }
    byte[] bytes = new byte[shorten(trying, reader.length)];
    int count = read(bytes);
    if (count > 0) {
      Memory.copy(bytes, 0, reader.address, count);
    }
    return count;
  }

  private int read(byte[] into) {
    if (!isReadable()) {
      return Errno.EBADF.negated();
    }
    if (open.node.isDirectory()) {
      return Errno.EISDIR.negated();
    }
    int count = open.node.read(open.position, into, into.length);
    open.position += count;
    return count;
  }

  @Override
  int tryWrite(SimEngine trying, FileTransfer writer) {
    if (universe.chaos().strikes(Fault.FILE_ERROR, trying, this)) {
      return Errno.EIO.negated();
    }
    if (universe.chaos().strikes(Fault.DISK_FULL, trying, this)) {
      return Errno.ENOSPC.negated();
    }
    byte[] bytes = new byte[shorten(trying, writer.length)];
    Memory.copy(writer.address, bytes, 0, bytes.length);
    return write(bytes, bytes.length);
  }

  private int write(byte[] bytes, int length) {
    if (!isWritable()) {
      return Errno.EBADF.negated();
    }
    boolean isAppending = (open.flags & FileFlags.O_APPEND) != 0;
    int at = isAppending ? open.node.size() : open.position;
    if (at + (long) length > MOST_BYTES) {
      return Errno.ENOSPC.negated();
    }
    open.node.write(at, bytes, length);
    open.node.modifiedNanos = machine.dateNanos();
    open.node.changedNanos = machine.dateNanos();
    open.position = at + length;
    return length;
  }

  @Override
  int readNow(byte[] into) {
    return read(into);
  }

  @Override
  int writeNow(byte[] bytes, int offset, int length) {
    byte[] part = new byte[length];
    System.arraycopy(bytes, offset, part, 0, length);
    return write(part, length);
  }

  @Override
  boolean canRead() {
    return true;
  }

  @Override
  boolean canWrite() {
    return true;
  }

  @Override
  public int levels() {
    return Poll.READABLE | Poll.WRITABLE;
  }

  @Override
  String explain() {
    return describe();
  }

  @Override
  String describe() {
    return "file " + open.node.inode;
  }
}
