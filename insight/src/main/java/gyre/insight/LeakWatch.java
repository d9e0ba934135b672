package gyre.insight;

import gyre.insight.Verdict.Disease;
import gyre.probe.Counter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for what only grows: handles of a kind, or fibers, of which more are open each second,
 * while next to none is closed. A server that fills up looks the same, so it is a suspicion, and
 * only after some seconds.
 */
final class LeakWatch {
  private static final long STEP_NANOS = 1_000_000_000;
  private static final int STEPS = 5;

  /** In all steps together. */
  private static final long GROWTH_LEAST = 50;

  private static final double ENDED_SHARE_MOST = 0.1;
  private static final String FIBERS = "fibers";

  private record Key(long loop, String kind) {}

  /**
   * @param begun how many were opened or started in the loop, of all kinds
   */
  private record Level(long open, long begun, long ended) {}

  private record Point(long takenNanos, Map<Key, Level> levels) {}

  private final ArrayDeque<Point> points = new ArrayDeque<>();

  /** What was seen now; what comes sooner than a second after the last one is left out. */
  List<Verdict> look(ProcessSnapshot now) {
    Point last = points.peekLast();
    if (last == null || now.takenNanos() - last.takenNanos >= STEP_NANOS) {
      points.addLast(point(now));
    }
    if (points.size() > STEPS + 1) {
      points.removeFirst();
    }
    return points.size() > STEPS ? verdicts(now) : List.of();
  }

  private static Point point(ProcessSnapshot now) {
    Map<Key, Level> levels = new HashMap<>();
    for (LoopSnapshot loop : now.loops()) {
      long opened = loop.get(Counter.HANDLES_OPENED);
      long closed = loop.get(Counter.HANDLES_CLOSED);
      for (KindSnapshot kind : loop.kinds()) {
        levels.put(new Key(loop.loop(), kind.name()), new Level(kind.open(), opened, closed));
      }
      levels.put(
          new Key(loop.loop(), FIBERS),
          new Level(
              loop.liveFibers(), loop.get(Counter.FIBERS_STARTED), loop.get(Counter.FIBERS_ENDED)));
    }
    return new Point(now.takenNanos(), levels);
  }

  private List<Verdict> verdicts(ProcessSnapshot now) {
    List<Verdict> found = new ArrayList<>();
    for (LoopSnapshot loop : now.loops()) {
      for (KindSnapshot kind : loop.kinds()) {
        look(loop, kind.name(), "handles of kind " + kind.name(), found);
      }
      look(loop, FIBERS, FIBERS, found);
    }
    return found;
  }

  private void look(LoopSnapshot loop, String kind, String what, List<Verdict> found) {
    Key key = new Key(loop.loop(), kind);
    Level first = points.getFirst().levels.get(key);
    Level last = points.getLast().levels.get(key);
    if (first == null || last == null || !growsAlways(key)) {
      return;
    }
    long growth = last.open - first.open;
    long begun = last.begun - first.begun;
    long ended = last.ended - first.ended;
    if (growth >= GROWTH_LEAST && ended <= begun * ENDED_SHARE_MOST) {
      long nanos = points.getLast().takenNanos - points.getFirst().takenNanos;
      found.add(
          new Verdict(
              Disease.LEAK_SUSPECTED,
              loop.name(),
              what
                  + " have grown from "
                  + first.open
                  + " to "
                  + last.open
                  + " in "
                  + Figures.nanos(nanos)
                  + ", and "
                  + ended
                  + " of "
                  + begun
                  + " have ended",
              GROWTH_LEAST + " more in " + STEPS + " steps, in each of them",
              ""));
    }
  }

  private boolean growsAlways(Key key) {
    Level before = null;
    for (Point point : points) {
      Level level = point.levels.get(key);
      if (level == null || (before != null && level.open <= before.open)) {
        return false;
      }
      before = level;
    }
    return true;
  }
}
