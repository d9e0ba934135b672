package gyre.engine.uring;

import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxProcess;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.util.Set;

/** One ring: its descriptor, its mappings and the one system call that works it. */
final class Ring {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Where the argument of a wait and its timespec lie in a page of our own. */
  private static final int TIMESPEC = 32;

  final int descriptor;
  final Set<Feature> features;
  final SubmissionQueue submissions;
  final CompletionQueue completions;

  private final CallState calls;
  private final Mapping rings;
  private final Mapping entries;
  private final Mapping own;
  private final int owner;

  /** The descriptor, or the number under which it is registered, and the flag that says so. */
  private int handle;

  private int handleFlag;

  private Ring(
      CallState calls,
      int descriptor,
      Mapping rings,
      Mapping entries,
      Mapping own,
      long params,
      Set<Feature> features) {
    this.calls = calls;
    this.owner = LinuxProcess.threadId(calls);
    this.descriptor = descriptor;
    this.handle = descriptor;
    this.rings = rings;
    this.entries = entries;
    this.own = own;
    this.features = features;
    this.submissions = new SubmissionQueue(rings.address(), entries.address(), params);
    this.completions = new CompletionQueue(rings.address(), params);
    Memory.putLong(own.address() + Uring.WAIT_TIMESPEC, own.address() + TIMESPEC);
  }

  /** The descriptor stays the caller's if this fails. */
  static Ring map(CallState calls, int descriptor, long params, Set<Feature> features) {
    long submissionEntries = Memory.getInt(params + Uring.PARAMS_SQ_ENTRIES);
    long completionEntries = Memory.getInt(params + Uring.PARAMS_CQ_ENTRIES);
    long ringBytes =
        Math.max(
            Memory.getInt(params + Uring.PARAMS_SQ_ARRAY) + 4 * submissionEntries,
            Memory.getInt(params + Uring.PARAMS_CQ_CQES) + Uring.CQE_BYTES * completionEntries);
    long entryBytes = Uring.SQE_BYTES * submissionEntries;
    Mapping rings = null;
    Mapping entries = null;
    Mapping own = null;
    try {
      rings = Mapping.ofRing(calls, descriptor, Uring.OFFSET_RINGS, ringBytes);
      entries = Mapping.ofRing(calls, descriptor, Uring.OFFSET_SQES, entryBytes);
      own = Mapping.anonymous(calls, 4096);
      Ring ring = new Ring(calls, descriptor, rings, entries, own, params, features);
      ring.registerItself();
      return ring;
    } catch (Throwable e) {
      Mapping.unmapMade(calls, rings, entries, own);
      throw e;
    }
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }

  private void registerItself() {
    if (!has(Feature.REGISTERED_RING)) {
      return;
    }
    // struct io_uring_rsrc_update: any free number, for this descriptor.
    long update = own.address() + 64;
    Memory.putLong(update, 0xffff_ffffL);
    Memory.putLong(update + 8, descriptor);
    if (UringCalls.register(calls, descriptor, Uring.REGISTER_RING_FDS, update, 1) == 1) {
      handle = Memory.getInt(update);
      handleFlag = Uring.ENTER_REGISTERED_RING;
    } else {
      features.remove(Feature.REGISTERED_RING);
    }
  }

  private void unregisterItself() {
    if (handleFlag != 0) {
      long update = own.address() + 64;
      Memory.putLong(update, handle & 0xffff_ffffL);
      Memory.putLong(update + 8, 0);
      UringCalls.register(calls, descriptor, Uring.UNREGISTER_RING_FDS, update, 1);
    }
  }

  /**
   * Whether this thread may call: a ring with a single issuer, or a registered one, knows its
   * owner's thread alone.
   */
  boolean isCallable() {
    return LinuxProcess.threadId(calls) == owner;
  }

  /** Hands everything queued to the kernel, without asking for completions. */
  int submit() {
    return enter(0, 0, 0, 0);
  }

  /**
   * Hands everything queued to the kernel, lets it make completions, and waits for one.
   *
   * @return the kernel's answer; how much it took is for the queue to know
   */
  int submitAndWait(long timeoutNanos) {
    if (timeoutNanos == 0) {
      return enter(0, Uring.ENTER_GETEVENTS, 0, 0);
    }
    if (timeoutNanos == Engine.FOREVER) {
      return enter(1, Uring.ENTER_GETEVENTS, 0, 0);
    }
    long timespec = own.address() + TIMESPEC;
    long seconds = timeoutNanos / NANOS_PER_SECOND;
    Memory.putLong(timespec, seconds);
    Memory.putLong(timespec + 8, timeoutNanos - seconds * NANOS_PER_SECOND);
    int flags = Uring.ENTER_GETEVENTS | Uring.ENTER_EXT_ARG;
    return enter(1, flags, own.address(), Uring.WAIT_BYTES);
  }

  private int enter(int minComplete, int flags, long argument, int argumentBytes) {
    submissions.publish();
    int result =
        UringCalls.enter(
            calls,
            handle,
            submissions.pending(),
            minComplete,
            flags | handleFlag,
            argument,
            argumentBytes);
    submissions.refresh();
    return result;
  }

  int register(int operation, long argument, int count) {
    return UringCalls.register(calls, descriptor, operation, argument, count);
  }

  void close() {
    unregisterItself();
    int result = LinuxFiles.close(calls, descriptor);
    assert result == 0 : Errno.describe(result);
    rings.unmap(calls);
    entries.unmap(calls);
    own.unmap(calls);
  }
}
