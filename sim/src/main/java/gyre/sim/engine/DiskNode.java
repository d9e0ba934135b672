package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A file, a directory or a symbolic link on a {@link Disk}: as programs see it, and what of it is
 * on the device.
 */
final class DiskNode {
  /** What a device writes whole or not at all. */
  private static final int SECTOR_BYTES = 512;

  final long inode;

  /** As {@link FileStatus#type()}. */
  final int type;

  int permissions;
  int user;
  int group;
  int links;
  long accessedNanos;
  long modifiedNanos;
  long changedNanos;

  /** Of a directory: the one that it is in. */
  DiskNode parent = this;

  private byte[] content = {};
  private int size;
  private byte[] durable = {};

  /** Of a directory. */
  final Map<String, DiskNode> children = new TreeMap<>();

  final Map<String, DiskNode> durableChildren = new TreeMap<>();

  /** On the bytes from an offset up to an end, by an open file. */
  private record Lock(Object holder, boolean isExclusive, long offset, long end) {
    boolean isInTheWayOf(Lock other) {
      return holder != other.holder
          && (isExclusive || other.isExclusive)
          && offset < other.end
          && other.offset < end;
    }
  }

  private final List<Lock> locks = new ArrayList<>(0);

  /** Of a symbolic link. */
  String target = "";

  private @Nullable PipeBuffer fifo;

  DiskNode(long inode, int type, int permissions) {
    this.inode = inode;
    this.type = type;
    this.permissions = permissions & 07777;
  }

  /** Of a FIFO: what was written and not read, while anybody has it open. */
  PipeBuffer fifo() {
    PipeBuffer known = fifo;
    if (known == null) {
      known = new PipeBuffer(PipeBuffer.ATOMIC_BYTES);
      fifo = known;
    }
    return known;
  }

  boolean isDirectory() {
    return type == FileStatus.DIRECTORY;
  }

  boolean isLink() {
    return type == FileStatus.SYMBOLIC_LINK;
  }

  int size() {
    return size;
  }

  int read(long offset, byte[] into, int length) {
    int count = (int) Math.max(0, Math.min(length, size - offset));
    if (count > 0) {
      System.arraycopy(content, (int) offset, into, 0, count);
    }
    return count;
  }

  void write(long offset, byte[] from, int length) {
    int end = Math.toIntExact(offset + length);
    grow(end);
    System.arraycopy(from, 0, content, (int) offset, length);
    size = Math.max(size, end);
  }

  private void grow(int end) {
    if (end > content.length) {
      content = Arrays.copyOf(content, Math.max(end, content.length * 2));
    }
  }

  void truncate(int newSize) {
    grow(newSize);
    Arrays.fill(content, Math.min(newSize, size), Math.max(newSize, size), (byte) 0);
    size = newSize;
  }

  void sync() {
    durable = Arrays.copyOf(content, size);
  }

  /** The host has crashed: what was not synced is gone. */
  void lose() {
    content = durable.clone();
    size = content.length;
  }

  /** The same, but some of the sectors and maybe the size had got to the device. */
  void tear(Chance chance) {
    byte[] written = Arrays.copyOf(content, size);
    byte[] left = Arrays.copyOf(durable, chance.below(2) == 0 ? size : durable.length);
    for (int start = 0; start < left.length; start += SECTOR_BYTES) {
      int end = Math.min(start + SECTOR_BYTES, Math.min(left.length, written.length));
      if (end > start && chance.below(2) == 0) {
        System.arraycopy(written, start, left, start, end - start);
      }
    }
    durable = left;
    lose();
  }

  /** See {@link FileCalls#lock}. */
  int lock(Object holder, int type, long offset, long bytes) {
    long end = bytes == 0 ? Long.MAX_VALUE : offset + bytes;
    if (type == FileCalls.LOCK_NONE) {
      locks.removeIf(held -> held.holder == holder && held.offset == offset && held.end == end);
      return 0;
    }
    Lock wanted = new Lock(holder, type == FileCalls.LOCK_EXCLUSIVE, offset, end);
    if (locks.stream().anyMatch(held -> held.isInTheWayOf(wanted))) {
      return Errno.EAGAIN.negated();
    }
    locks.add(wanted);
    return 0;
  }

  void unlock(Object holder) {
    locks.removeIf(lock -> lock.holder == holder);
  }

  void fill(FileStatus into) {
    into.mode = type | permissions;
    into.sizeBytes = isLink() ? target.length() : size;
    into.accessedNanos = accessedNanos;
    into.modifiedNanos = modifiedNanos;
    into.changedNanos = changedNanos;
    into.inode = inode;
    into.device = 1;
    into.links = links;
    into.user = user;
    into.group = group;
    into.allocatedBytes = (size + 511L) / 512 * 512;
    into.blockBytes = 4096;
  }
}
