package gyre.lab.profile;

import gyre.lab.race.CpuTimes;
import java.util.List;
import java.util.Locale;

/**
 * What four looks at one peer found, each from a run of its own.
 *
 * @param kernelShare of the peer's CPU time; NaN where nothing can sample
 * @param remarks what could not be looked at, and what to do about it
 */
record Findings(
    String title,
    double kernelShare,
    CpuTimes core,
    Frames frames,
    OffCpu offCpu,
    CallCounts calls,
    long callOperations,
    List<String> remarks) {

  static final String VERDICT = "verdict: ";

  private static final double SYSTEM_CALL_BOUND = 0.40;
  private static final double MOSTLY_IDLE = 0.25;
  private static final double OFTEN_PREEMPTED = 0.05;
  private static final int SHOWN = 12;

  /** One word for what limits it, and why. */
  String verdict() {
    if (Double.isNaN(kernelShare)) {
      return "unknown: how much of its time is the kernel's could not be seen";
    }
    if (kernelShare > SYSTEM_CALL_BOUND) {
      return "syscall-bound: "
          + percent(kernelShare)
          + " of its time is the kernel's; fewer or cheaper calls are what could help";
    }
    if (core.share(core.idle()) > MOSTLY_IDLE) {
      return "waiting: its core idles "
          + percent(core.share(core.idle()))
          + " of the time, so it is faster than what drives it";
    }
    if (offCpu.delayedShare() > OFTEN_PREEMPTED) {
      return "disturbed: the loop was ready and had no core "
          + percent(offCpu.delayedShare())
          + " of the time";
    }
    return "user-bound: " + percent(1 - kernelShare) + " of its time is its own; see the frames";
  }

  String text() {
    StringBuilder text = new StringBuilder(title).append("\n\n" + VERDICT).append(verdict());
    text.append("\n\n1  cycle budget\n");
    line(
        text,
        "its CPU time",
        "user " + percent(1 - kernelShare) + ", kernel " + percent(kernelShare));
    line(text, "its core", coreText());
    text.append("\n2  attribution\n");
    frames.groups(SHOWN).forEach(part -> line(text, percent(part.share()), part.name()));
    text.append("   hottest frames\n");
    frames.hottest(SHOWN).forEach(part -> line(text, percent(part.share()), part.name()));
    text.append("\n3  off-CPU\n");
    offCpu.loop().ifPresent(times -> offCpu(text, times));
    text.append("\n4  system calls\n");
    for (CallCounts.Call call :
        calls.mostFirst().subList(0, Math.min(SHOWN, calls.counts().size()))) {
      line(
          text,
          perOperation(call.count(), callOperations) + " per op",
          call.name() + "  (" + call.count() + ")");
    }
    line(text, perOperation(calls.total(), callOperations) + " per op", "all");
    remarks.forEach(remark -> text.append("\nnote: ").append(remark));
    return text.append('\n').toString();
  }

  private String coreText() {
    return "user %s, system %s, softirq %s, idle %s, stolen %s"
        .formatted(
            percent(core.share(core.user())),
            percent(core.share(core.system())),
            percent(core.share(core.softirq())),
            percent(core.share(core.idle())),
            percent(core.share(core.stolen())));
  }

  private void offCpu(StringBuilder text, Threads.Times times) {
    line(text, "thread", times.name());
    line(text, "ran", percent(times.ranNanos() / offCpu.elapsed()));
    line(text, "ready, no core", percent(offCpu.delayedShare()));
    line(text, "waited", percent(offCpu.waitedShare()));
    offCpu.places().forEach(place -> line(text, percent(place.share()), "of that " + place.name()));
    line(text, "slept", perOperation(times.yielded(), offCpu.operations()) + " per op");
    line(text, "preempted", perOperation(times.preempted(), offCpu.operations()) + " per op");
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "   %14s  %s%n", name, value));
  }

  private static String perOperation(long count, long operations) {
    return String.format(Locale.ROOT, "%.3f", (double) count / Math.max(1, operations));
  }

  private static String percent(double share) {
    return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", share * 100) : "unknown";
  }
}
