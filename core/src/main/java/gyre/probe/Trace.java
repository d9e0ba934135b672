package gyre.probe;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The events of a loop on their way to who traces it: a ring that the loop writes and one other
 * thread reads. What finds no room is dropped and counted, so that the loop never waits.
 */
public final class Trace {
  public static final int WAIT = 0;
  public static final int DISPATCH = 1;
  public static final int CALLBACK = 2;
  public static final int FIBER = 3;

  private static final int NUMBERS = 3;

  private final int capacity;
  private final long[] numbers;
  private final @Nullable Object[] subjects;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /** By the loop: what {@link #read} was when it last had no room. */
  private long readSeen;

  /** Is told of events by {@link #drain}. */
  public interface Reader {
    /**
     * Something has ended.
     *
     * @param subject a handle or a fiber, or null
     */
    void event(int type, long startNanos, long nanos, @Nullable Object subject);
  }

  /**
   * Makes an empty one.
   *
   * @param capacity a power of two
   */
  public Trace(int capacity) {
    assert Integer.bitCount(capacity) == 1;
    this.capacity = capacity;
    this.numbers = new long[capacity * NUMBERS];
    this.subjects = new Object[capacity];
  }

  void add(int type, long startNanos, long nanos, @Nullable Object subject) {
    long position = written.getPlain();
    if (position - readSeen >= capacity) {
      readSeen = read.getAcquire();
      if (position - readSeen >= capacity) {
        dropped.setOpaque(dropped.getPlain() + 1);
        return;
      }
    }
    int place = (int) position & (capacity - 1);
    numbers[place * NUMBERS] = type;
    numbers[place * NUMBERS + 1] = startNanos;
    numbers[place * NUMBERS + 2] = nanos;
    subjects[place] = subject;
    written.setRelease(position + 1);
  }

  /** By the one who reads: tells of what has come, at most so much. */
  public int drain(int limit, Reader reader) {
    long position = read.getPlain();
    long end = Math.min(written.getAcquire(), position + limit);
    int told = (int) (end - position);
    for (; position < end; position++) {
      int place = (int) position & (capacity - 1);
      Object subject = subjects[place];
      subjects[place] = null;
      reader.event(
          (int) numbers[place * NUMBERS],
          numbers[place * NUMBERS + 1],
          numbers[place * NUMBERS + 2],
          subject);
    }
    read.setRelease(position);
    return told;
  }

  /** Events that found no room. */
  public long dropped() {
    return dropped.getOpaque();
  }
}
