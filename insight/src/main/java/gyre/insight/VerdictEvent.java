package gyre.insight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** In a recording of the JDK's Flight Recorder: something is wrong with this process. */
@Name("gyre.Verdict")
@Label("Verdict")
@Description("What is wrong with the loops of this process")
@Category("Gyre")
@StackTrace(false)
final class VerdictEvent extends Event {
  @Label("Verdict")
  String verdict = "";

  @Label("Subject")
  String subject = "";

  @Label("Evidence")
  String evidence = "";

  @Label("Place")
  String place = "";

  @Label("Cure")
  String cure = "";

  static void commit(Verdict verdict) {
    VerdictEvent event = new VerdictEvent();
    event.verdict = verdict.disease().key();
    event.subject = verdict.subject();
    event.evidence = verdict.evidence();
    event.place = verdict.place();
    event.cure = verdict.disease().cure();
    event.commit();
  }
}
