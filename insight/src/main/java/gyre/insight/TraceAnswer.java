package gyre.insight;

import gyre.Fiber;
import gyre.Handle;
import gyre.probe.Trace;
import gyre.spi.Internals;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of the loops while they happen: each loop writes them into a ring of its own, which is
 * emptied here. A line is what the trace viewers of browsers call a complete event.
 */
final class TraceAnswer implements Answer {
  private static final int EVENTS = 1 << 15;
  private static final int EVENTS_AT_ONCE = 1 << 13;

  /** Where nothing happens for so long it is said that this goes on. */
  private static final long SILENCE_NANOS = 1_000_000_000L;

  private record Traced(WatchedLoop watched, Trace trace, int number) {}

  private final List<Traced> traced = new ArrayList<>();
  private final long endNanos;
  private final String filter;
  private long toldNanos = System.nanoTime();
  private boolean hasBegun;
  private boolean isClosed;
  private long dropped;

  /**
   * @param filter a part of the name of the handle or fiber; empty for all
   */
  TraceAnswer(List<WatchedLoop> loops, double seconds, String filter) {
    this.filter = filter;
    this.endNanos = System.nanoTime() + (long) (seconds * 1e9);
    for (WatchedLoop watched : loops) {
      Trace trace = new Trace(EVENTS);
      traced.add(new Traced(watched, trace, traced.size() + 1));
      Internals.handToLoop(watched.loop(), () -> watched.probe().trace(trace));
    }
  }

  /** Nobody reads it any more. */
  boolean isClosed() {
    return isClosed;
  }

  @Override
  public boolean work(Output output) {
    if (!hasBegun) {
      hasBegun = true;
      for (Traced each : traced) {
        output.write(name(each));
      }
    }
    boolean isSilent = true;
    for (Traced each : traced) {
      StringBuilder lines = new StringBuilder();
      if (output.hasRoom()) {
        int ignored =
            each.trace.drain(
                EVENTS_AT_ONCE,
                (type, start, nanos, subject) ->
                    append(lines, each.number, type, start, nanos, subject));
      }
      if (!lines.isEmpty()) {
        isSilent = false;
        output.write(lines.toString());
      }
    }
    long now = System.nanoTime();
    if (!isSilent) {
      toldNanos = now;
    } else if (now - toldNanos > SILENCE_NANOS && output.hasRoom()) {
      toldNanos = now;
      output.write(ControlClient.ALIVE + "\n");
    }
    boolean isOver = now - endNanos >= 0;
    if (isOver) {
      traced.forEach(each -> dropped += each.trace.dropped());
      if (dropped > 0) {
        output.write(dropped(dropped));
      }
    }
    return isOver;
  }

  private static String name(Traced each) {
    return Json.object(json -> {
      json.put("ph", "M");
      json.put("name", "thread_name");
      json.put("pid", ProcessHandle.current().pid());
      json.put("tid", each.number);
      json.object("args", args -> args.put("name", each.watched.loop().name()));
    })
        + "\n";
  }

  private static String dropped(long number) {
    return Json.object(json -> {
      json.put("ph", "M");
      json.put("name", "dropped");
      json.put("pid", ProcessHandle.current().pid());
      json.put("tid", 0);
      json.object("args", args -> args.put("events", number));
    })
        + "\n";
  }

  private void append(
      StringBuilder lines,
      int loop,
      int type,
      long startNanos,
      long nanos,
      @Nullable Object subject) {
    String name = name(type, subject);
    if (!filter.isEmpty() && !name.contains(filter)) {
      return;
    }
    lines.append(
        Json.object(json -> {
          json.put("ph", "X");
          json.put("name", name);
          json.put("cat", category(type));
          json.put("ts", startNanos / 1e3);
          json.put("dur", nanos / 1e3);
          json.put("pid", ProcessHandle.current().pid());
          json.put("tid", loop);
        }));
    lines.append('\n');
  }

  private static String category(int type) {
    return switch (type) {
      case Trace.WAIT -> "wait";
      case Trace.DISPATCH -> "dispatch";
      case Trace.CALLBACK -> "callback";
      default -> "fiber";
    };
  }

  private static String name(int type, @Nullable Object subject) {
    return switch (type) {
      case Trace.WAIT -> "wait (system call)";
      case Trace.DISPATCH -> "completions, inbox, timers";
      default ->
          switch (subject) {
            case Handle handle -> handle.name();
            case Fiber<?> fiber -> fiber.name();
            case null -> "callback";
            default -> subject.getClass().getName();
          };
    };
  }

  @Override
  public void close() {
    isClosed = true;
    for (Traced each : traced) {
      Internals.handToLoop(each.watched.loop(), () -> each.watched.probe().endTrace(each.trace));
    }
  }
}
