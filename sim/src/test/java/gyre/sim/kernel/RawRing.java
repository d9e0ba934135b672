package gyre.sim.kernel;

import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxMemory;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.util.ArrayList;
import java.util.List;

/** A ring worked by hand, by the calls of whichever kernel. */
final class RawRing implements AutoCloseable {
  private static final int ENTRIES = 8;
  private static final int WAIT_NANOS = 20_000_000;

  final int descriptor;
  private final CallState calls;
  private final long params;
  private long rings;
  private long entries;
  private int tail;

  RawRing(CallState calls, int flags) {
    this.calls = calls;
    this.params = calls.allocate(Uring.PARAMS_BYTES);
    Memory.putInt(params + Uring.PARAMS_FLAGS, flags);
    this.descriptor = UringCalls.setup(calls, ENTRIES, params);
    if (descriptor < 0) {
      return;
    }
    int completions = Memory.getInt(params + Uring.PARAMS_CQ_ENTRIES);
    long array = Memory.getInt(params + Uring.PARAMS_SQ_ARRAY) + 4L * ENTRIES;
    long cqes = Memory.getInt(params + Uring.PARAMS_CQ_CQES) + 16L * completions;
    rings = map(Uring.OFFSET_RINGS, Math.max(array, cqes));
    entries = map(Uring.OFFSET_SQES, 64L * ENTRIES);
  }

  private long map(long offset, long bytes) {
    int flags = LinuxMemory.MAP_SHARED | LinuxMemory.MAP_POPULATE;
    int access = LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE;
    return LinuxMemory.mmap(calls, 0, bytes, access, flags, descriptor, offset);
  }

  private long at(int offset) {
    return rings + Memory.getInt(params + offset);
  }

  /** Queues one; what is not said is zero. */
  void add(
      int operation,
      int flags,
      int priority,
      int fd,
      long address,
      int length,
      int more,
      long tag) {
    add(operation, flags, priority, fd, 0, address, length, more, tag);
  }

  void add(
      int operation,
      int flags,
      int priority,
      int fd,
      long offset,
      long address,
      int length,
      int more,
      long tag) {
    int place = tail++ & (ENTRIES - 1);
    long entry = entries + 64L * place;
    Memory.fill(entry, 64, (byte) 0);
    Memory.putLong(entry, operation | flags << 8 | priority << 16 | (long) fd << 32);
    Memory.putLong(entry + 8, offset);
    Memory.putLong(entry + 16, address);
    Memory.putInt(entry + 24, length);
    Memory.putInt(entry + 28, more);
    Memory.putLong(entry + 32, tag);
    Memory.putInt(at(Uring.PARAMS_SQ_ARRAY) + 4L * place, place);
    Memory.putIntRelease(at(Uring.PARAMS_SQ_TAIL), tail);
  }

  /** Hands over what is queued and waits a moment for so many completions. */
  int enter(int least) {
    int queued = tail - Memory.getIntAcquire(at(Uring.PARAMS_SQ_HEAD));
    long wait = calls.allocate(64);
    Memory.putLong(wait + Uring.WAIT_TIMESPEC, wait + 32);
    Memory.putLong(wait + 40, WAIT_NANOS);
    int flags = Uring.ENTER_GETEVENTS | Uring.ENTER_EXT_ARG;
    return UringCalls.enter(calls, descriptor, queued, least, flags, wait, Uring.WAIT_BYTES);
  }

  /** Takes all completions: {@code TAG: RESULT FLAGS}, without the hint that there is more. */
  List<String> take() {
    List<String> taken = new ArrayList<>();
    int head = Memory.getIntAcquire(at(Uring.PARAMS_CQ_HEAD));
    int mask = Memory.getInt(params + Uring.PARAMS_CQ_ENTRIES) - 1;
    while (head != Memory.getIntAcquire(at(Uring.PARAMS_CQ_TAIL))) {
      long at = at(Uring.PARAMS_CQ_CQES) + 16L * (head++ & mask);
      int flags = Memory.getInt(at + 12) & ~(1 << 2);
      taken.add(
          Memory.getLong(at) + ": " + Memory.getInt(at + 8) + " " + Integer.toHexString(flags));
    }
    Memory.putIntRelease(at(Uring.PARAMS_CQ_HEAD), head);
    return taken;
  }

  List<String> enterAndTake(int least) {
    int ignored = enter(least);
    return take();
  }

  /** Gives buffers of so many bytes to a group. */
  long giveBuffers(int group, int count, int bytes, int flags) {
    long ring =
        LinuxMemory.mmap(
            calls, 0, 4096, 3, LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS, -1, 0);
    long memory = calls.allocate((long) count * bytes);
    long registration = calls.allocate(Uring.BUFFER_REGISTRATION_BYTES);
    Memory.putLong(registration, ring);
    Memory.putInt(registration + 8, 4);
    Memory.putInt(registration + 12, group | flags << 16);
    int result = UringCalls.register(calls, descriptor, Uring.REGISTER_PBUF_RING, registration, 1);
    if (result < 0) {
      return result;
    }
    for (int i = 0; i < count; i++) {
      Memory.putLong(ring + 16L * i, memory + (long) i * bytes);
      Memory.putInt(ring + 16L * i + 8, bytes);
      Memory.putShort(ring + 16L * i + 12, (short) i);
    }
    Memory.putShortRelease(ring + Uring.BUFFER_RING_TAIL, (short) count);
    return memory;
  }

  @Override
  public void close() {
    if (descriptor >= 0) {
      int ignored = LinuxFiles.close(calls, descriptor);
    }
  }
}
