package gyre.process;

import java.util.Locale;
import java.util.Optional;

/**
 * A signal of the operating system, by its name in POSIX without {@code SIG}.
 *
 * <p>A program receives {@link #HUP}, {@link #INT}, {@link #TERM}, {@link #USR1}, {@link #WINCH},
 * {@link #CONT} and {@link #TSTP} by a {@link SignalStream}. All others can only be sent, and
 * {@link #refusal} says why.
 */
public enum OsSignal {
  /** The terminal has gone; to a service: read the configuration again. */
  HUP(1, ""),
  /** Ctrl-C. */
  INT(2, ""),
  QUIT(3, "the JVM prints the stacks of all threads when it comes"),
  ILL(4, Why.FAULT),
  TRAP(5, Why.FAULT),
  ABRT(6, Why.FAULT),
  BUS(7, Why.FAULT),
  FPE(8, Why.FAULT),
  KILL(9, "the kernel lets no process handle it"),
  /** Free for programs. */
  USR1(10, ""),
  SEGV(11, Why.FAULT),
  USR2(12, "the JVM suspends threads with it"),
  PIPE(13, "the JVM ignores it: a write that nobody reads is an exception"),
  ALRM(14, "a loop has timers: Loop.after"),
  /** The polite request to end. */
  TERM(15, ""),
  STKFLT(16, Why.FAULT),
  CHLD(17, "it does not arrive in a JVM: the end of a child process is told by its handle"),
  /** Goes on after a stop. */
  CONT(18, ""),
  STOP(19, "the kernel lets no process handle it"),
  /** Ctrl-Z. */
  TSTP(20, ""),
  TTIN(21, Why.OTHER),
  TTOU(22, Why.OTHER),
  URG(23, Why.OTHER),
  XCPU(24, Why.OTHER),
  XFSZ(25, "the JVM ignores it: a write beyond the limit is an exception"),
  VTALRM(26, Why.OTHER),
  PROF(27, "profilers use it"),
  /** The size of the terminal has changed. */
  WINCH(28, ""),
  IO(29, Why.OTHER),
  PWR(30, Why.OTHER),
  SYS(31, Why.FAULT);

  /** Why signals are refused. */
  private static final class Why {
    static final String FAULT = "it tells of a fault of a thread, which only the JVM can handle";
    static final String OTHER = "streams of signals have HUP, INT, TERM, USR1, WINCH, CONT, TSTP";
  }

  private final int number;
  private final String refusal;

  OsSignal(int number, String refusal) {
    this.number = number;
    this.refusal = refusal;
  }

  /** The number that Linux knows it by. */
  public int number() {
    return number;
  }

  /** Why a program can't receive it; empty if it can. */
  public Optional<String> refusal() {
    return refusal.isEmpty() ? Optional.empty() : Optional.of(refusal);
  }

  /**
   * The signal of a name as people write it: {@code TERM}, {@code sigterm}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static OsSignal named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    String plain = upper.startsWith("SIG") ? upper.substring(3) : upper;
    for (OsSignal each : values()) {
      if (each.name().equals(plain)) {
        return each;
      }
    }
    throw new IllegalArgumentException("no signal is named " + name);
  }

  /** The signal of a number; empty for real-time signals and what is none. */
  public static Optional<OsSignal> numbered(int number) {
    return number >= 1 && number <= values().length
        ? Optional.of(values()[number - 1])
        : Optional.empty();
  }
}
