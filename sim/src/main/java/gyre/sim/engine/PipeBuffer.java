package gyre.sim.engine;

import gyre.sys.Memory;
import java.util.ArrayList;
import java.util.List;

/** The bytes of a pipe that were written and not read, and who has its ends. */
final class PipeBuffer {
  /** What a pipe takes whole or not at all, as POSIX has it. */
  static final int ATOMIC_BYTES = 4096;

  private final byte[] ring;
  private final List<PipeEnd> ends = new ArrayList<>(2);
  private int head;
  private int count;
  private int readers;
  private int writers;

  /** Somebody had the end to write to, and may have gone. */
  private boolean hadWriter;

  PipeBuffer(int capacity) {
    assert capacity >= ATOMIC_BYTES;
    this.ring = new byte[capacity];
  }

  void add(PipeEnd end) {
    ends.add(end);
    readers += end.reads(this) ? 1 : 0;
    writers += end.writes(this) ? 1 : 0;
    hadWriter |= end.writes(this);
    tellOthers(end);
  }

  void remove(PipeEnd end) {
    boolean wasThere = ends.remove(end);
    assert wasThere : "an end of a pipe that it has not";
    readers -= end.reads(this) ? 1 : 0;
    writers -= end.writes(this) ? 1 : 0;
    if (ends.isEmpty()) {
      count = 0; // what nobody has read is gone with the last end
      hadWriter = false;
    }
    tellOthers(end);
  }

  void tellOthers(PipeEnd not) {
    for (PipeEnd end : List.copyOf(ends)) {
      if (end != not) {
        end.changed();
      }
    }
  }

  boolean hasReaders() {
    return readers > 0;
  }

  boolean hasWriters() {
    return writers > 0;
  }

  boolean hadWriter() {
    return hadWriter;
  }

  int readableBytes() {
    return count;
  }

  int roomBytes() {
    return ring.length - count;
  }

  int capacity() {
    return ring.length;
  }

  void read(long address, int length) {
    byte[] bytes = new byte[length];
    read(bytes, length);
    Memory.copy(bytes, 0, address, length);
  }

  void read(byte[] into, int length) {
    assert length <= count;
    int first = Math.min(length, ring.length - head);
    System.arraycopy(ring, head, into, 0, first);
    System.arraycopy(ring, 0, into, first, length - first);
    head = (head + length) % ring.length;
    count -= length;
  }

  void write(long address, int length) {
    byte[] bytes = new byte[length];
    Memory.copy(address, bytes, 0, length);
    write(bytes, 0, length);
  }

  void write(byte[] bytes, int offset, int length) {
    assert length <= roomBytes();
    int tail = (head + count) % ring.length;
    int first = Math.min(length, ring.length - tail);
    System.arraycopy(bytes, offset, ring, tail, first);
    System.arraycopy(bytes, offset + first, ring, 0, length - first);
    count += length;
  }

  @Override
  public String toString() {
    return count + " bytes wait, " + readers + " can read and " + writers + " write";
  }
}
