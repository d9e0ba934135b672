package gyre.insight;

import java.util.List;

/**
 * A turn that took too long, as the watchdog saw it while it went on.
 *
 * @param loopNumber tells loops of the same name apart
 * @param kind of the handle whose callback ran, {@code post}, {@code fiber} or {@code runtime}
 * @param subject the name of the handle or fiber
 * @param scopes the scopes that it stands in, the innermost first
 * @param beganNanos when the turn began, by the monotonic clock
 * @param endedNanos when the turn was seen to have ended; 0 while it goes on
 * @param seenNanos when it was seen last
 * @param cause what held it up
 * @param detail in words, for whoever reads it
 * @param stack the innermost frame first; empty where it was over too soon
 */
public record StallReport(
    String loop,
    long loopNumber,
    String kind,
    String subject,
    List<String> scopes,
    long beganNanos,
    long endedNanos,
    long seenNanos,
    Cause cause,
    String detail,
    List<String> stack) {
  /** What answers questions about a loop runs in it too. */
  private static final String RUNTIME =
      "gyre\\.(loop|engine|sys|probe|spi|io|net|stream|sync|file|process|terminal|http|tls|proxy"
          + "|insight\\.[A-Za-z]+Answer)\\..*";

  private static final long ENDLESS_NANOS = 1_000_000_000;

  /** Why a loop stands still. */
  public enum Cause {
    /** It computes. */
    JAVA("runs Java code"),
    /** In a call out of Java, which waits in the kernel or computes. */
    NATIVE("is in a native call"),
    /** For a lock or a monitor, with its thread. */
    LOCK("waits for a lock, and keeps the thread of its loop"),
    /** There was more to do than one turn can do soon, and none of it was long. */
    MANY("ran many callbacks and fibers, each of them shortly: there is more to do than it can"),
    /** The JVM had stopped all threads: garbage collection. */
    GC("was stopped by the garbage collector"),
    /** The JVM or the machine stopped everything, the watchdog too. */
    PAUSE("was stopped together with the whole process"),
    /** Its thread was ready, and others had the processors. */
    PREEMPTED("was not let run by the scheduler"),
    /** The CPU limit of its control group. */
    THROTTLED("was throttled by the CPU limit of its control group"),
    /** The host of this virtual machine ran others. */
    STOLEN("lost its processor to other virtual machines"),
    /** It was over before anybody looked. */
    UNSEEN("was over before its stack was taken");

    private final String words;

    Cause(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }

    /** Whether the code that ran is to blame. */
    public boolean isItsOwn() {
      return this == JAVA || this == NATIVE || this == LOCK || this == UNSEEN;
    }
  }

  public StallReport {
    scopes = List.copyOf(scopes);
    stack = List.copyOf(stack);
  }

  public long nanos() {
    return Math.max(0, (endedNanos == 0 ? seenNanos : endedNanos) - beganNanos);
  }

  /** The same, which is over. */
  StallReport ended(long nanoTime) {
    return with(nanoTime, nanoTime, cause, detail);
  }

  /** The same, which goes on. */
  StallReport seen(long nanoTime) {
    return with(0, nanoTime, cause, detail);
  }

  /** The same, which turned out to be the machine's doing. */
  StallReport by(Cause machine, String how) {
    return with(endedNanos, seenNanos, machine, how);
  }

  private StallReport with(long ended, long seen, Cause why, String how) {
    return new StallReport(
        loop, loopNumber, kind, subject, scopes, beganNanos, ended, seen, why, how, stack);
  }

  /** How long it is over. */
  public long ageNanos() {
    return ageNanos(System.nanoTime());
  }

  long ageNanos(long nowNanos) {
    return endedNanos == 0 ? 0 : Math.max(0, nowNanos - endedNanos);
  }

  /** Whether a fiber goes on and on. */
  public boolean isEndless() {
    return endedNanos == 0
        && nanos() > ENDLESS_NANOS
        && kind.equals("fiber")
        && cause == Cause.JAVA;
  }

  /** The line of the user's code that is to blame; empty if none is, or the stack does not tell. */
  public String place() {
    if (!cause.isItsOwn()) {
      return "";
    }
    return stack.stream().filter(StallReport::isOfUser).findFirst().orElse("");
  }

  private static boolean isOfUser(String frame) {
    String place = frame.substring(frame.lastIndexOf('/') + 1);
    boolean isOfRuntime = place.matches("gyre\\.[A-Z].*") || place.matches(RUNTIME);
    boolean isOfJdk = place.matches("(java|jdk|sun|javax)\\..*");
    return !isOfRuntime && !isOfJdk;
  }

  /** In one sentence. */
  public String verdict() {
    return subject + " " + cause.words() + (detail.isEmpty() ? "" : " (" + detail + ")");
  }
}
