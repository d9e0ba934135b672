package gyre.lab.profile;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.util.List;
import java.util.Locale;

/**
 * What several looks at a running process found, one after the other.
 *
 * @param kernelShare of its CPU time; NaN where nobody tells
 * @param cores how many it used, on average
 * @param threads what each did in the same time, the busiest first
 * @param framesBy who has seen the frames
 * @param callSeconds for how long system calls were counted, if they could be
 * @param children what those used that it has started; no other figure is of them
 * @param remarks what could not be looked at, and what to do about it
 */
public record ProcessFindings(
    String title,
    double kernelShare,
    double cores,
    List<ThreadShare> threads,
    Sight sight,
    String framesBy,
    double callSeconds,
    @SuppressWarnings("exports") Family.Use children,
    List<String> remarks) {

  /** Of one thread, as shares of the time that it was looked at. */
  public record ThreadShare(String name, double ran, double delayed) {}

  /** What only this package reads: stacks, waits and calls. */
  record Sight(Frames frames, OffCpu offCpu, CallCounts calls) {}

  private static final double SYSTEM_CALL_BOUND = 0.40;
  private static final double OFTEN_PREEMPTED = 0.05;
  private static final double MOSTLY_WAITING = 0.25;
  private static final double IDLE = 0.02;
  private static final int SHOWN = 12;
  private static final int THREADS_SHOWN = 8;

  public ProcessFindings {
    threads = List.copyOf(threads);
    remarks = List.copyOf(remarks);
  }

  /** One word for what limits it, and why. */
  public String verdict() {
    if (threads.isEmpty()) {
      return "ended: it was over before the last look, so what limits it is not known; give it more to"
          + " do, or less time by --seconds";
    }
    if (children.cores() > Math.max(cores, IDLE)) {
      return "elsewhere: it used "
          + percent(cores)
          + " of one core, and processes that it has started "
          + percent(children.cores())
          + (children.busiest() == 0
              ? ", which had ended before they were seen"
              : ", most of it process " + children.busiest() + " (" + children.name() + ")")
          + "; the rest is of the first one alone, so profile those that work";
    }
    if (cores < IDLE) {
      return "idle: it used " + percent(cores) + " of one core; what it waits for limits it";
    }
    double delayed = sight.offCpu().delayedShare();
    if (delayed > OFTEN_PREEMPTED) {
      return "disturbed: its busiest thread was ready and had no core "
          + percent(delayed)
          + " of the time; give it more CPU, or stop what else runs";
    }
    if (sight.offCpu().waitedShare() > MOSTLY_WAITING) {
      return "waiting: its busiest thread waited "
          + percent(sight.offCpu().waitedShare())
          + " of the time; it has room for more work";
    }
    if (Double.isNaN(kernelShare)) {
      return "busy: how much of its time is the kernel's could not be seen";
    }
    return kernelShare > SYSTEM_CALL_BOUND
        ? "syscall-bound: "
            + percent(kernelShare)
            + " of its time is the kernel's; fewer or cheaper calls are what could help"
        : "user-bound: " + percent(1 - kernelShare) + " of its time is its own; see the frames";
  }

  /** For a terminal. */
  public String text() {
    StringBuilder text = new StringBuilder(title).append("\n\nverdict: ").append(verdict());
    text.append("\n\n1  cycle budget\n");
    line(text, "cores used", String.format(Locale.ROOT, "%.2f", cores));
    line(
        text,
        "of its time",
        "user " + percent(1 - kernelShare) + ", kernel " + percent(kernelShare));
    if (children.seen() > 0 || children.cores() > 0) {
      line(
          text,
          String.format(Locale.ROOT, "%.2f", children.cores()),
          "cores used by processes that it has started, of which "
              + children.seen()
              + " were seen; nothing below is of them, but what perf sees of those that begin later");
    }
    for (ThreadShare each : threads.subList(0, Math.min(THREADS_SHOWN, threads.size()))) {
      line(
          text,
          percent(each.ran()),
          each.name() + "  (ready, no core " + percent(each.delayed()) + ")");
    }
    text.append("\n2  attribution").append(" (").append(framesBy).append(")\n");
    sight.frames().groups(SHOWN).forEach(part -> line(text, percent(part.share()), part.name()));
    text.append("   hottest frames\n");
    sight.frames().hottest(SHOWN).forEach(part -> line(text, percent(part.share()), part.name()));
    text.append("\n3  off-CPU, of the busiest thread\n");
    offCpu(text);
    text.append("\n4  system calls\n");
    calls(text);
    remarks.forEach(remark -> text.append("\nnote: ").append(remark));
    return text.append('\n').toString();
  }

  private void offCpu(StringBuilder text) {
    OffCpu off = sight.offCpu();
    off.loop()
        .ifPresent(times -> {
          line(text, "thread", times.name());
          line(text, "ran", percent(times.ranNanos() / off.elapsed()));
          line(text, "ready, no core", percent(off.delayedShare()));
          line(text, "waited", percent(off.waitedShare()));
          off.places()
              .forEach(place -> line(text, percent(place.share()), "of that " + place.name()));
        });
  }

  private void calls(StringBuilder text) {
    if (sight.calls().total() == 0) {
      line(text, "none", "was counted");
      return;
    }
    List<CallCounts.Call> calls = sight.calls().mostFirst();
    for (CallCounts.Call call : calls.subList(0, Math.min(SHOWN, calls.size()))) {
      line(text, perSecond(call.count()), "a second: " + call.name());
    }
    line(text, perSecond(sight.calls().total()), "a second: all");
  }

  private String perSecond(long count) {
    return String.format(Locale.ROOT, "%,.0f", count / Math.max(1e-3, callSeconds));
  }

  /** One line. */
  public String json() {
    JsonStringWriter writer = JsonWriter.string().object();
    writer.value("title", title);
    writer.value("verdict", verdict());
    writer.value("cores", cores);
    if (!Double.isNaN(kernelShare)) {
      writer.value("kernel_share", kernelShare);
    }
    writer.object("children").value("seen", children.seen()).value("cores", children.cores());
    writer.value("busiest", children.busiest()).value("name", children.name()).end();
    writer.array("threads");
    for (ThreadShare each : threads) {
      writer.object().value("name", each.name()).value("ran", each.ran());
      writer.value("delayed", each.delayed()).end();
    }
    writer.end().value("frames_by", framesBy);
    parts(writer, "groups", sight.frames().groups(SHOWN));
    parts(writer, "hottest", sight.frames().hottest(SHOWN));
    writer.object("off_cpu");
    sight.offCpu().loop().ifPresent(times -> writer.value("thread", times.name()));
    writer.value("delayed_share", sight.offCpu().delayedShare());
    writer.value("waited_share", sight.offCpu().waitedShare());
    writer.object("places");
    sight.offCpu().places().forEach(place -> writer.value(place.name(), place.share()));
    writer.end().end();
    writer.object("calls_per_second");
    for (CallCounts.Call call : sight.calls().mostFirst()) {
      writer.value(call.name(), call.count() / Math.max(1e-3, callSeconds));
    }
    return writer.end().array("remarks", remarks).end().done();
  }

  private static void parts(JsonStringWriter writer, String name, List<Frames.Part> parts) {
    writer.array(name);
    for (Frames.Part part : parts) {
      writer.object().value("name", part.name()).value("share", part.share()).end();
    }
    writer.end();
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "   %14s  %s%n", name, value));
  }

  private static String percent(double share) {
    return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", share * 100) : "unknown";
  }
}
