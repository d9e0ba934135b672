package gyre.engine.uring;

import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.util.EnumSet;
import java.util.Set;

/**
 * Makes a ring with as many features as the kernel has.
 *
 * <p>What a kernel does not know it answers with {@code EINVAL}, without saying which: so features
 * are given up one by one, the youngest first, down to a plain ring. Less than Linux 6.0 is
 * refused: an emulation of multishot receive would be slower than epoll.
 */
final class UringSetup {
  private static final int REQUIRED =
      Uring.FEATURE_SINGLE_MMAP
          | Uring.FEATURE_NODROP
          | Uring.FEATURE_SUBMIT_STABLE
          | Uring.FEATURE_FAST_POLL
          | Uring.FEATURE_EXT_ARG;

  private static final int PROBED_OPERATIONS = 64;
  private static final String TOO_OLD = "this kernel's io_uring is older than Linux 6.0";

  private final CallState calls;
  private final UringOptions options;
  private final Set<Feature> features = EnumSet.allOf(Feature.class);
  private final Mapping scratch;

  private UringSetup(CallState calls, UringOptions options) {
    this.calls = calls;
    this.options = options;
    this.scratch = Mapping.anonymous(calls, 4096);
    features.removeAll(options.without());
  }

  static Ring open(CallState calls, UringOptions options) {
    UringSetup setup = new UringSetup(calls, options);
    try {
      return setup.open();
    } finally {
      setup.scratch.unmap(calls);
    }
  }

  private Ring open() {
    int ring = create();
    try {
      int offered = Memory.getInt(scratch.address() + Uring.PARAMS_FEATURES);
      if ((offered & REQUIRED) != REQUIRED) {
        throw new EngineUnavailable(TOO_OLD);
      }
      keep(Feature.QUIET_SENDS, (offered & Uring.FEATURE_CQE_SKIP) != 0);
      probeOperations(ring);
      probeWaiting(ring);
      return Ring.map(calls, ring, scratch.address(), features);
    } catch (Throwable e) {
      LinuxFiles.close(calls, ring);
      throw e;
    }
  }

  private int create() {
    // Deferring needs a single issuer, and the flag needs one of the two ways to defer.
    while (true) {
      int result = attempt();
      if (result >= 0) {
        return result;
      }
      if (result != Errno.EINVAL.negated() || !giveUpOne()) {
        boolean isOld = result == Errno.EINVAL.negated(); // not even a plain ring
        throw new EngineUnavailable(isOld ? TOO_OLD : explain(result));
      }
    }
  }

  private int attempt() {
    if (!features.contains(Feature.SINGLE_ISSUER)) {
      features.remove(Feature.DEFER_TASKRUN);
    }
    if (!features.contains(Feature.DEFER_TASKRUN) && !features.contains(Feature.COOP_TASKRUN)) {
      features.remove(Feature.TASKRUN_FLAG);
    }
    int flags = Uring.SETUP_CLAMP;
    for (Feature feature : features) {
      flags |= feature.setupFlag;
    }
    long params = scratch.address();
    for (int offset = 0; offset < Uring.PARAMS_BYTES; offset += 8) {
      Memory.putLong(params + offset, 0);
    }
    Memory.putInt(params + Uring.PARAMS_FLAGS, flags);
    if (features.contains(Feature.CQSIZE)) {
      Memory.putInt(params + Uring.PARAMS_CQ_ENTRIES, options.completionEntries());
    }
    return UringCalls.setup(calls, options.submissionEntries(), params);
  }

  private boolean giveUpOne() {
    for (Feature feature : features) {
      if (feature.setupFlag != 0) {
        return features.remove(feature);
      }
    }
    return false;
  }

  private void probeOperations(int ring) {
    long probe = scratch.address() + 1024;
    int result = UringCalls.register(calls, ring, Uring.REGISTER_PROBE, probe, PROBED_OPERATIONS);
    if (result < 0 && result != Errno.EINVAL.negated()) {
      throw new EngineUnavailable("io_uring_register: " + explain(result));
    }
    if (result < 0 || !isOffered(probe, Uring.OP_SEND_ZC)) {
      // It came together with multishot receive, which can't be asked for.
      throw new EngineUnavailable(TOO_OLD);
    }
    keep(Feature.TRUNCATE, isOffered(probe, Uring.OP_FTRUNCATE));
  }

  /**
   * A sandbox may allow to make a ring and not to use it, which nobody would notice until the loop
   * runs: and then it is too late for another engine.
   */
  private void probeWaiting(int ring) {
    int result = UringCalls.enter(calls, ring, 0, 0, Uring.ENTER_GETEVENTS, 0, 0);
    if (result < 0 && !isPassing(result)) {
      throw new EngineUnavailable("io_uring_enter: " + explain(result));
    }
  }

  private static boolean isPassing(int result) {
    return result == Errno.EINTR.negated()
        || result == Errno.EAGAIN.negated()
        || result == Errno.EBUSY.negated();
  }

  private static boolean isOffered(long probe, int operation) {
    long entry = probe + Uring.PROBE_HEADER_BYTES + (long) operation * Uring.PROBE_OP_BYTES + 2;
    return (Memory.getShort(entry) & Uring.PROBE_SUPPORTED) != 0;
  }

  private void keep(Feature feature, boolean offered) {
    if (!offered) {
      features.remove(feature);
    }
  }

  static String explain(int result) {
    if (result == Errno.ENOSYS.negated()) {
      return "not offered by this kernel (ENOSYS)";
    }
    if (result == Errno.EPERM.negated() || result == Errno.EACCES.negated()) {
      return "not permitted here (EPERM, seccomp or kernel.io_uring_disabled?)";
    }
    if (result == Errno.ENOMEM.negated()) {
      return "locked-memory limit too low (ENOMEM, ulimit -l)";
    }
    return Errno.describe(result);
  }
}
