package gyre.engine.uring;

import gyre.engine.EngineUnavailable;
import gyre.sys.CallState;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors of streams that send again and again, made known to the ring, so that the kernel need
 * not look each of them up and count a reference for every single request: 40 to 110 ns, the more
 * connections the colder.
 *
 * <p>A descriptor's number is its place in the ring's table too. It is entered by a request of the
 * ring's own, once it has sent so often that this pays, and taken out in the same way when it is
 * closed or given away, because the table holds on to the connection. Requests are executed in
 * their order, so that whoever gets the number next finds its place empty.
 *
 * <pre>
 *   count of sends --enough--&gt; ENTERING --done--&gt; FIXED --close--&gt; count
 *                                 | |--not possible--&gt; REFUSED --close--&gt; count
 *                                 |--close--&gt; LEAVING --done--&gt; count
 * </pre>
 */
final class FixedFiles {
  /** To enter and to leave costs as much as is saved by about 20 sends. */
  private static final int ENOUGH_SENDS = 32;

  private static final byte ENTERING = 100;
  private static final byte FIXED = 101;
  private static final byte REFUSED = 102;
  private static final byte LEAVING = 103;

  /** Descriptors from here on are not entered. The kernel keeps eight bytes for each. */
  private static final int MOST_PLACES = 32_768;

  private static final int FEWEST_PLACES = 64;

  private final CallState calls;
  private final Ring ring;
  private final Submitter submitter;

  /** By descriptor. */
  private byte[] states = new byte[64];

  /** Number i at place i, since a request to enter points to the number; -1 behind the last. */
  private @Nullable Mapping numbers;

  private int places;
  private boolean isWanted;

  FixedFiles(CallState calls, Ring ring, Submitter submitter) {
    this.calls = calls;
    this.ring = ring;
    this.submitter = submitter;
  }

  /** Counts a send. True if this descriptor is one that the ring knows. */
  boolean isFixedToSend(int descriptor) {
    if (descriptor >= states.length) {
      states = Arrays.copyOf(states, Math.max(descriptor + 1, 2 * states.length));
    }
    byte state = states[descriptor];
    if (state >= ENTERING) {
      return state == FIXED;
    }
    if (state < ENOUGH_SENDS) {
      states[descriptor]++;
    } else {
      enter(descriptor);
    }
    return false;
  }

  private void enter(int descriptor) {
    if (!ring.has(Feature.FIXED_FILES)) {
      states[descriptor] = REFUSED;
    } else if (numbers == null) {
      isWanted = true;
    } else if (descriptor >= places) {
      states[descriptor] = REFUSED;
    } else {
      states[descriptor] = ENTERING;
      long number = numbers.address() + 4L * descriptor;
      Memory.putInt(number, descriptor);
      emit(descriptor, number, 0, SlotTable.userData(Kind.FILE, descriptor));
    }
  }

  /** This descriptor is about to be closed, or to become another ring's. */
  void forget(int descriptor) {
    if (descriptor >= states.length) {
      return;
    }
    switch (states[descriptor]) {
      case ENTERING -> {
        leave(descriptor);
        states[descriptor] = LEAVING;
      }
      case FIXED -> {
        leave(descriptor);
        states[descriptor] = 0;
      }
      case LEAVING -> {}
      default -> states[descriptor] = 0;
    }
  }

  private void leave(int descriptor) {
    Mapping known = numbers;
    assert known != null;
    int flags = ring.has(Feature.QUIET_SENDS) ? Uring.SQE_CQE_SKIP_SUCCESS : 0;
    long none = known.address() + 4L * places;
    emit(descriptor, none, flags, SlotTable.userData(Kind.MESSAGE, 0));
  }

  private void emit(int place, long number, int flags, long userData) {
    long control = SubmissionQueue.control(Uring.OP_FILES_UPDATE, flags, 0, -1);
    submitter.emit(control, place, number, 1, userData, 0);
  }

  /** A request to enter is done. */
  void complete(int descriptor, int result) {
    byte state = states[descriptor];
    assert state == ENTERING || state == LEAVING;
    if (state == LEAVING) {
      states[descriptor] = 0;
    } else {
      states[descriptor] = result == 1 ? FIXED : REFUSED;
    }
  }

  /** Somebody has sent enough, and there is no table yet. */
  boolean isWanted() {
    return isWanted;
  }

  /** Makes the table, as large as the limit of open files allows. By the ring's thread. */
  void open() {
    isWanted = false;
    Mapping memory;
    try {
      memory = Mapping.anonymous(calls, 4L * MOST_PLACES + 4096);
    } catch (EngineUnavailable none) {
      ring.features.remove(Feature.FIXED_FILES); // it goes without as well
      return;
    }
    long argument = memory.address();
    for (int size = MOST_PLACES; size >= FEWEST_PLACES; size /= 2) {
      Memory.putInt(argument, size);
      Memory.putInt(argument + 4, Uring.REGISTER_SPARSE);
      int bytes = Uring.FILES_REGISTRATION_BYTES;
      if (ring.register(Uring.REGISTER_FILES2, argument, bytes) >= 0) {
        Memory.putInt(memory.address() + 4L * size, -1);
        places = size;
        numbers = memory;
        return;
      }
    }
    memory.unmap(calls);
    ring.features.remove(Feature.FIXED_FILES);
  }

  /** Only when the ring reads it no more. */
  void unmap() {
    Mapping known = numbers;
    if (known != null) {
      known.unmap(calls);
    }
  }
}
