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
 *
 * <p>Such a segment is to be had where the JVM allows native access. Where it is denied, addresses
 * are made up by a table of the segments that somebody has attached ({@link Regions}), which is
 * slower and works everywhere. So whoever has memory and wants an address of it calls {@link
 * #attach}, except where only engines come that need native access anyway. Which of both it is
 * never changes, and costs nothing to ask: the compiler knows it.
 */
public final class Memory {
  /** Of no length where native access is denied. */
  private static final MemorySegment ALL = all();

  private static final boolean IS_ABSOLUTE = ALL.byteSize() > 0;

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private static final VarHandle SHARED_SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final VarHandle SHARED_INT = ValueLayout.JAVA_INT.varHandle();

  private Memory() {}

  @SuppressWarnings("restricted")
  private static MemorySegment all() {
    try {
      return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    } catch (IllegalCallerException denied) {
      return MemorySegment.NULL;
    }
  }

  /** Whether addresses are those that a kernel understands; else native access is denied. */
  public static boolean isAbsolute() {
    return IS_ABSOLUTE;
  }

  /**
   * An address of the first byte of native memory, valid until it is detached. The others follow
   * it.
   */
  public static long attach(MemorySegment memory) {
    return IS_ABSOLUTE ? memory.address() : Regions.attach(memory, true);
  }

  /**
   * The same for those who can't say when they are done: the address is valid only as long as
   * somebody refers to this very segment. To detach it sooner is allowed.
   */
  public static long attachWeakly(MemorySegment memory) {
    return IS_ABSOLUTE ? memory.address() : Regions.attach(memory, false);
  }

  /** Ends the validity of an address that {@link #attach} or {@link #attachWeakly} has answered. */
  public static void detach(long address) {
    if (!IS_ABSOLUTE) {
      Regions.detach(address);
    }
  }

  private static MemorySegment base(long address) {
    return IS_ABSOLUTE ? ALL : Regions.find(address);
  }

  private static long offset(long address) {
    return IS_ABSOLUTE ? address : Regions.offset(address);
  }

  // What the kernel shares with us is there with native access only.

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

  // What is a process's own.

  public static byte getByte(long address) {
    return base(address).get(ValueLayout.JAVA_BYTE, offset(address));
  }

  public static short getShort(long address) {
    return base(address).get(SHORT, offset(address));
  }

  public static int getInt(long address) {
    return base(address).get(INT, offset(address));
  }

  public static long getLong(long address) {
    return base(address).get(LONG, offset(address));
  }

  public static void putByte(long address, byte value) {
    base(address).set(ValueLayout.JAVA_BYTE, offset(address), value);
  }

  public static void putShort(long address, short value) {
    base(address).set(SHORT, offset(address), value);
  }

  public static void putInt(long address, int value) {
    base(address).set(INT, offset(address), value);
  }

  public static void putLong(long address, long value) {
    base(address).set(LONG, offset(address), value);
  }

  public static void copy(long from, long to, long length) {
    MemorySegment.copy(base(from), offset(from), base(to), offset(to), length);
  }

  public static void copy(byte[] from, int offset, long to, int length) {
    MemorySegment.copy(from, offset, base(to), ValueLayout.JAVA_BYTE, offset(to), length);
  }

  public static void copy(long from, byte[] to, int offset, int length) {
    MemorySegment.copy(base(from), ValueLayout.JAVA_BYTE, offset(from), to, offset, length);
  }

  /** Writes text as UTF-8 with a zero behind it. */
  public static void putString(long address, String text) {
    base(address).setString(offset(address), text);
  }

  public static void fill(long address, long length, byte value) {
    segment(address, length).fill(value);
  }

  /** A view of raw memory. The caller answers for its being alive as long as the view is used. */
  public static MemorySegment segment(long address, long length) {
    return base(address).asSlice(offset(address), length);
  }

  /**
   * The same for as long as {@code life} lasts: after that, using a view of it throws. Needs native
   * access.
   */
  @SuppressWarnings("restricted")
  public static MemorySegment segment(long address, long length, Arena life) {
    return ALL.asSlice(address, length).reinterpret(life, null);
  }
}
