package gyre.sys;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The memory that {@link Memory} reaches where native access is denied: a table of segments. An
 * address has the number of a segment in its high half and an offset into it in its low half, so
 * that code above can calculate with it as with a real one. No address is 0.
 *
 * <p>An access costs a look into the table, and the checks of the segment: an address that is wrong
 * or too old throws instead of corrupting the process.
 *
 * <p>Any thread may attach and detach. Whoever hands an address to another thread publishes it
 * safely, and that publishes its entry. There is no lock: a fiber that waited for one would let
 * others run in the middle of what its loop is doing.
 */
final class Regions {
  /** Keeps all offsets, and the address behind the last byte, within the low half. */
  static final long LIMIT_BYTES = 1L << 31;

  private static final int OFFSET_BITS = 32;
  private static final long OFFSET_MASK = (1L << OFFSET_BITS) - 1;
  private static final int PAGE_BITS = 12;
  private static final int PAGE_MASK = (1 << PAGE_BITS) - 1;
  private static final int PAGES = 1 << 12;

  /** Never moved once they are there, so that no entry is lost while the table grows. */
  private static final AtomicReferenceArray<Page> TABLE = new AtomicReferenceArray<>(PAGES);

  private static final AtomicInteger UNUSED = new AtomicInteger(1);
  private static final ConcurrentLinkedQueue<Integer> FREE = new ConcurrentLinkedQueue<>();
  private static final ReferenceQueue<MemorySegment> UNREACHABLE = new ReferenceQueue<>();

  private Regions() {}

  private static final class Page {
    private final @Nullable Region[] regions = new @Nullable Region[1 << PAGE_BITS];
  }

  /** An entry. */
  private static final class Region extends WeakReference<MemorySegment> {
    private final int number;

    /** Null where others keep the segment. */
    @SuppressWarnings("UnusedVariable") // it is there to keep it
    private final @Nullable MemorySegment kept;

    Region(int number, MemorySegment memory, boolean keeps) {
      super(memory, UNREACHABLE);
      this.number = number;
      this.kept = keeps ? memory : null;
    }
  }

  /**
   * The address of the first byte.
   *
   * @param keeps false where the entry goes with the segment, once nobody refers to that
   */
  static long attach(MemorySegment memory, boolean keeps) {
    if (memory.byteSize() > LIMIT_BYTES) {
      throw new IllegalArgumentException(
          memory.byteSize() + " bytes in one piece need --enable-native-access");
    }
    dropUnreachable();
    Integer free = FREE.poll();
    int number = free == null ? unused() : free;
    Page page = pageFor(number);
    assert page.regions[number & PAGE_MASK] == null;
    page.regions[number & PAGE_MASK] = new Region(number, memory, keeps);
    return (long) number << OFFSET_BITS;
  }

  static void detach(long address) {
    Region region = region(address);
    if (region == null) {
      throw gone(address);
    }
    region.clear(); // or it would be freed again when the segment becomes unreachable
    free(region);
  }

  static MemorySegment find(long address) {
    Region region = region(address);
    MemorySegment memory = region == null ? null : region.get();
    if (memory == null) {
      throw gone(address);
    }
    return memory;
  }

  static long offset(long address) {
    return address & OFFSET_MASK;
  }

  private static @Nullable Region region(long address) {
    int number = (int) (address >>> OFFSET_BITS);
    Page page = TABLE.get(number >>> PAGE_BITS);
    return page == null ? null : page.regions[number & PAGE_MASK];
  }

  private static IllegalStateException gone(long address) {
    return new IllegalStateException(
        "no memory at 0x%x: it was given back, or never attached".formatted(address));
  }

  private static int unused() {
    int number = UNUSED.getAndUpdate(last -> Math.min(last + 1, PAGES << PAGE_BITS));
    if (number == PAGES << PAGE_BITS) {
      throw new IllegalStateException(
          "more pieces of memory at a time than %d need --enable-native-access".formatted(number));
    }
    return number;
  }

  private static Page pageFor(int number) {
    int index = number >>> PAGE_BITS;
    Page page = TABLE.get(index);
    if (page == null) {
      Page fresh = new Page();
      page = TABLE.compareAndExchange(index, null, fresh);
      page = page == null ? fresh : page;
    }
    return page;
  }

  private static void dropUnreachable() {
    Reference<? extends MemorySegment> reference;
    while ((reference = UNREACHABLE.poll()) != null) {
      free((Region) reference);
    }
  }

  private static void free(Region region) {
    pageFor(region.number).regions[region.number & PAGE_MASK] = null;
    boolean ignored = FREE.offer(region.number);
  }
}
