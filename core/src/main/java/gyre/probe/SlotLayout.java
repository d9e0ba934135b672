package gyre.probe;

/**
 * Where what stands in the file of a process, so that another one can read it. All numbers are
 * eight bytes in the order of this machine, at multiples of eight.
 *
 * <pre>
 *   file:  header (4096 bytes) | slot 0 | slot 1 | ...
 *   slot:  head | texts | counters | kinds of handles | histograms | histograms of the kinds
 * </pre>
 *
 * <p>The loop that a slot belongs to makes {@link #SEQUENCE} odd when a turn begins to write and
 * even when it has ended, so a reader who finds the same even number before and after has a
 * consistent picture. A reader who finds it odd has whole numbers of a turn that is under way. It
 * is odd as well while a slot goes from one loop to another: whose picture it is, {@link #LOOP}
 * tells, if it is the same before and after.
 */
public final class SlotLayout {
  /** "GYREINSI" */
  public static final long MAGIC = 0x4759_5245_494e_5349L;

  public static final long VERSION = 1;

  // ---- header of the file

  public static final int FILE_MAGIC = 0;
  public static final int FILE_VERSION = 8;
  public static final int FILE_SLOT_BYTES = 16;
  public static final int FILE_PID = 24;
  public static final int FILE_STARTED_MILLIS = 32;

  /** How many slots have ever been given out. */
  public static final int FILE_SLOTS = 40;

  public static final int FILE_STALL_LIMIT_NANOS = 48;
  public static final int FILE_COUNTERS = 56;
  public static final int FILE_DISTRIBUTIONS = 64;
  public static final int FILE_HEADER_BYTES = 4096;

  // ---- head of a slot

  /** 0 while no loop has it, else a number that no other loop of the process had. */
  public static final int LOOP = 0;

  public static final int SEQUENCE = 8;

  /** Of a loop that has not turned. */
  public static final long SEQUENCE_FIRST = 2;

  /** The thread's number in the kernel; 0 where it is not known. */
  public static final int THREAD = 16;

  /** {@link #OUTSIDE}, {@link #IN_TURN} or {@link #WAITING}. */
  public static final int PHASE = 24;

  /** When the phase began, by the monotonic clock. */
  public static final int PHASE_SINCE = 32;

  /** When what runs now began. */
  public static final int ITEM_SINCE = 40;

  public static final int OPENED_NANOS = 48;

  /** How many kinds of handles have names. */
  public static final int KINDS = 56;

  public static final long OUTSIDE = 0;
  public static final long IN_TURN = 1;
  public static final long WAITING = 2;

  // ---- texts: a length in one byte, and UTF-8

  public static final int NAME = 64;
  public static final int NAME_BYTES = 64;
  public static final int ENGINE = 128;
  public static final int ENGINE_BYTES = 32;
  public static final int FIBERS = 160;
  public static final int FIBERS_BYTES = 16;
  public static final int EXPLANATION = 176;
  public static final int EXPLANATION_BYTES = 248;

  // ---- numbers

  public static final int COUNTERS = 512;
  public static final int COUNTERS_MAX = 128;

  public static final int KIND_TABLE = COUNTERS + COUNTERS_MAX * Long.BYTES;
  public static final int KIND_BYTES = 64;

  /** Within a kind: its name, how many are open, the sum of the slices beyond the limit. */
  public static final int KIND_NAME = 0;

  public static final int KIND_NAME_BYTES = 40;
  public static final int KIND_OPEN = 40;
  public static final int KIND_STALLS = 48;

  /** Kind 0 is everything that has no place of its own. */
  public static final int KINDS_MAX = 20;

  public static final int HISTOGRAMS = (KIND_TABLE + KINDS_MAX * KIND_BYTES + 4095) & -4096;
  public static final int DISTRIBUTIONS_MAX = 12;
  public static final int KIND_HISTOGRAMS = HISTOGRAMS + DISTRIBUTIONS_MAX * Buckets.BYTES;

  /** In whole pages. */
  public static final int BYTES = (KIND_HISTOGRAMS + KINDS_MAX * Buckets.BYTES + 4095) & -4096;

  private SlotLayout() {}

  /** Where the slot begins in the file. */
  public static long slotOffset(int slot) {
    return FILE_HEADER_BYTES + (long) slot * BYTES;
  }

  public static int kindOffset(int kind) {
    return KIND_TABLE + kind * KIND_BYTES;
  }

  public static int kindHistogramOffset(int kind) {
    return KIND_HISTOGRAMS + kind * Buckets.BYTES;
  }
}
