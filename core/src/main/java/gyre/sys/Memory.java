package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * All memory as one segment, addressed absolutely.
 *
 * <p>One static-final segment lets the compiler fold away bounds and liveness checks, so that a
 * read is one instruction. The price is that nothing catches a wrong address: only engines and
 * blocks may use this, and each of them owns the memory that it touches.
 */
public final class Memory {
  @SuppressWarnings("restricted")
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private static final VarHandle SHARED_SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final VarHandle SHARED_INT = ValueLayout.JAVA_INT.varHandle();

  private Memory() {}

  /** Reads what another party publishes: everything it wrote before is visible afterwards. */
  public static int getIntAcquire(long address) {
    return (int) SHARED_INT.getAcquire(ALL, address);
  }

  /** Publishes: whoever sees this value sees everything written before. */
  public static void putIntRelease(long address, int value) {
    SHARED_INT.setRelease(ALL, address, value);
  }

  public static void putShortRelease(long address, short value) {
    SHARED_SHORT.setRelease(ALL, address, value);
  }

  public static byte getByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address);
  }

  public static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  public static int getInt(long address) {
    return ALL.get(INT, address);
  }

  public static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  public static void putByte(long address, byte value) {
    ALL.set(ValueLayout.JAVA_BYTE, address, value);
  }

  public static void putShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  public static void putInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  public static void putLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  public static void copy(long from, long to, long length) {
    MemorySegment.copy(ALL, from, ALL, to, length);
  }

  public static void copy(byte[] from, int offset, long to, int length) {
    MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, length);
  }

  public static void copy(long from, byte[] to, int offset, int length) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, length);
  }

  /** Writes text as UTF-8 with a zero behind it. */
  public static void putString(long address, String text) {
    ALL.setString(address, text);
  }

  public static void fill(long address, long length, byte value) {
    segment(address, length).fill(value);
  }

  /** A view of raw memory. The caller answers for its being alive as long as the view is used. */
  public static MemorySegment segment(long address, long length) {
    return ALL.asSlice(address, length);
  }

  /** The same for as long as {@code life} lasts: after that, using a view of it throws. */
  @SuppressWarnings("restricted")
  public static MemorySegment segment(long address, long length, Arena life) {
    return ALL.asSlice(address, length).reinterpret(life, null);
  }
}
