package gyre.insight;

import gyre.probe.Counter;
import gyre.probe.Distribution;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * In a recording of the JDK's Flight Recorder: what the turns of a loop were like in a second. An
 * event for each turn would cost more than many turns do.
 */
@Name("gyre.Turns")
@Label("Loop turns")
@Description("What a Gyre loop did in about a second")
@Category("Gyre")
@StackTrace(false)
final class TurnsEvent extends Event {
  @Label("Loop")
  String loop = "";

  @Label("Turns")
  long turns;

  @Label("Callbacks")
  long callbacks;

  @Label("Fiber runs")
  long fiberRuns;

  @Label("Busy")
  @Percentage
  double busy;

  @Label("Turn, p99")
  @Timespan(Timespan.NANOSECONDS)
  long turnP99;

  @Label("Longest turn")
  @Timespan(Timespan.NANOSECONDS)
  long turnMax;

  @Label("Queue delay, p99")
  @Timespan(Timespan.NANOSECONDS)
  long queueDelayP99;

  @Label("Handles")
  long handles;

  @Label("Fibers")
  long fibers;

  static void commit(LoopSnapshot loop, double seconds) {
    TurnsEvent event = new TurnsEvent();
    event.loop = loop.name();
    event.turns = loop.get(Counter.TURNS);
    event.callbacks = loop.get(Counter.CALLBACKS);
    event.fiberRuns = loop.get(Counter.FIBER_RUNS);
    event.busy = Math.min(1, loop.get(Counter.BUSY_NANOS) / (seconds * 1e9));
    event.turnP99 = loop.spread(Distribution.TURN).percentile(99);
    event.turnMax = loop.spread(Distribution.TURN).max();
    event.queueDelayP99 = loop.spread(Distribution.QUEUE_DELAY).percentile(99);
    event.handles = loop.openHandles();
    event.fibers = loop.liveFibers();
    event.commit();
  }
}
