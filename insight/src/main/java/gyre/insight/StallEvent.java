package gyre.insight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** In a recording of the JDK's Flight Recorder: a loop was held up. */
@Name("gyre.Stall")
@Label("Loop stall")
@Description("A turn of a Gyre loop that took longer than the limit")
@Category("Gyre")
@StackTrace(false)
@Enabled
final class StallEvent extends Event {
  @Label("Loop")
  String loop = "";

  @Label("Subject")
  String subject = "";

  @Label("Cause")
  String cause = "";

  @Label("Detail")
  String detail = "";

  @Label("Place")
  String place = "";

  @Label("Stack")
  String stack = "";

  @Label("Ended")
  boolean ended;

  @Label("Held up for")
  @Timespan(Timespan.NANOSECONDS)
  long nanos;

  static void commit(StallReport report) {
    commit(report, report.endedNanos() != 0);
  }

  static void commitEnd(StallReport report) {
    commit(report, true);
  }

  private static void commit(StallReport report, boolean isEnd) {
    StallEvent event = new StallEvent();
    if (event.isEnabled()) {
      event.loop = report.loop();
      event.subject = report.subject();
      event.cause = report.cause().name();
      event.detail = report.detail();
      event.place = report.place();
      event.stack = String.join("\n", report.stack());
      event.ended = isEnd;
      event.nanos = report.nanos();
      event.commit();
    }
  }
}
