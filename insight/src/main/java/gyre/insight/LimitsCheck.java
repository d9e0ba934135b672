package gyre.insight;

import gyre.insight.Verdict.Disease;
import gyre.probe.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Holds what listeners ask for against what the kernel gives. It cuts a backlog in silence and
 * drops connections for which there is no room, so the program never hears of it.
 */
final class LimitsCheck {
  private final Facts before;
  private final Facts after;

  LimitsCheck(Facts before, Facts after) {
    this.before = before;
    this.after = after;
  }

  /** Of one loop. */
  List<Verdict> look(LoopSnapshot loop) {
    List<Verdict> found = new ArrayList<>();
    long backlog = loop.get(Counter.BACKLOG_ASKED);
    OptionalLong limit = after.listening().backlogLimit();
    if (limit.isPresent() && backlog > limit.getAsLong()) {
      found.add(
          verdict(
              loop,
              "a listener asks for a backlog of %d, and the kernel gives %d (net.core.somaxconn)"
                  .formatted(backlog, limit.getAsLong()),
              "what is asked for"));
    }
    long connections = loop.get(Counter.CONNECTIONS_ASKED);
    OptionalLong descriptors = after.descriptorLimit();
    if (descriptors.isPresent() && connections > descriptors.getAsLong()) {
      found.add(
          verdict(
              loop,
              "a listener is to have up to %d connections, and the process may open %d descriptors (nofile)"
                  .formatted(connections, descriptors.getAsLong()),
              "a descriptor for each connection"));
    }
    long room = limit.isPresent() ? Math.min(backlog, limit.getAsLong()) : backlog;
    long overflows = after.listening().overflowsSince(before.listening());
    long longest = after.listening().queues().stream().mapToLong(Long::longValue).max().orElse(0);
    if (backlog > 0 && overflows > 0 && longest >= room) {
      found.add(
          verdict(
              loop,
              "%d connections wait to be accepted, as many as its backlog has room for, and %d were dropped for that on this machine (ListenOverflows)"
                  .formatted(longest, overflows),
              "a backlog of " + room));
    }
    return found;
  }

  private static Verdict verdict(LoopSnapshot loop, String evidence, String threshold) {
    return new Verdict(Disease.UNREAD_KERNEL_LIMITS, loop.name(), evidence, threshold, "");
  }
}
