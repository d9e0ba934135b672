package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.sim.fault.Fault;
import org.jspecify.annotations.Nullable;

/** Says an event of the trace in words: when, who, what. */
@SuppressWarnings("EnumOrdinal") // the trace folds numbers
public final class TraceText {
  private static final Fault[] FAULTS = Fault.values();
  private static final Completion.Kind[] COMPLETIONS = Completion.Kind.values();

  private TraceText() {}

  /** Whether it tells a reader something: not so the turns of loops and the picks of fibers. */
  public static boolean isOfInterest(Trace.Kind kind) {
    return kind != Trace.Kind.TURN && kind != Trace.Kind.PICK;
  }

  /** The kind of an event of the kind {@link Trace.Kind#FAULT}. */
  public static Fault fault(long b) {
    return FAULTS[(int) b];
  }

  public static String line(
      long nanos, Trace.Kind kind, String who, long a, long b, @Nullable Object what) {
    StringBuilder line = new StringBuilder(96);
    String fraction = String.valueOf(1_000_000_000 + nanos % 1_000_000_000);
    String seconds = String.valueOf(nanos / 1_000_000_000);
    line.repeat(' ', Math.max(0, 4 - seconds.length())).append(seconds).append('.');
    line.append(fraction, 1, 7).append(' ').append(fraction, 7, 10).append("  ").append(who);
    line.repeat(' ', Math.max(0, 16 - who.length())).append("  ");
    return line.append(words(kind, a, b, what)).toString();
  }

  private static String words(Trace.Kind kind, long a, long b, @Nullable Object what) {
    return switch (kind) {
      case TURN -> "turn, " + a + " submitted and " + b + " completed so far";
      case SUBMIT -> what + " begins";
      case CANCEL -> what + " is cancelled";
      case COMPLETE ->
          what
              + completion(COMPLETIONS[(int) Math.clamp(a >>> 32, 0L, COMPLETIONS.length - 1L)], b);
      case ARRIVE -> (b == 0 ? "the end arrives at " : bytes(b) + " arrive at ") + what;
      case TAKE -> what + ": " + bytes(b) + " taken";
      case CALL -> "call " + what + ": " + result(b);
      case HANDSHAKE -> "handshake with " + what + ": " + Handshake.step((int) b);
      case END -> what + (b == 0 ? " is closed" : " is reset");
      case DATAGRAM -> "datagram of " + bytes(b) + " for " + what;
      case FAULT -> "*** fault #" + a + " " + fault(b) + (what == null ? "" : ": " + what);
      case PICK -> "fiber " + a + " of " + b + " runnable goes next";
      case OFFLOAD -> "offloaded work " + a + (b == 0 ? " is handed over" : " is run");
      case SCRIPT -> "*** " + what;
      case REPORT -> "*** " + what;
      case ENTRY -> "entry taken: " + what;
      case ANSWER -> what + " is answered: " + result(a) + (b == 0 ? "" : ", flags " + b);
      case FAILURE -> "*** FAILED: " + what;
    };
  }

  private static String completion(Completion.Kind kind, long b) {
    return switch (kind) {
      case ACCEPTED -> " gives descriptor " + b;
      case RECEIVED, RECEIVED_FROM -> ": " + bytes(b);
      case READY -> " is ready, " + b;
      case TERMINAL -> " ends: " + result(b);
    };
  }

  private static String bytes(long count) {
    return count == 1 ? "1 byte" : count + " bytes";
  }

  private static String result(long result) {
    return result < 0 ? Errno.describe((int) -result) : String.valueOf(result);
  }
}
