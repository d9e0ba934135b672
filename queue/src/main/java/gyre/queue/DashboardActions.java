package gyre.queue;

import gyre.insight.web.WebRequest;
import gyre.queue.Inspection.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What can be done from the dashboard. Each answers how many entries it was done to. */
final class DashboardActions {
  private static final int AT_ONCE = 1000;

  private final Inspection inspection;

  DashboardActions(Inspection inspection) {
    this.inspection = inspection;
  }

  String retry(WebRequest request) {
    return count(inspection.retry(EntryTable.place(request), request.needed("file")) ? 1 : 0);
  }

  String discard(WebRequest request) {
    return count(inspection.discard(EntryTable.place(request), request.needed("file")) ? 1 : 0);
  }

  /** All that has failed, a thousand at a time. */
  String retryAll(WebRequest request) {
    List<Path> files = new ArrayList<>();
    inspection.each(
        Place.FAILED,
        file -> {
          files.add(file);
          return files.size() < AT_ONCE;
        });
    int done = 0;
    for (Path each : files) {
      done += inspection.retry(Place.FAILED, String.valueOf(each.getFileName())) ? 1 : 0;
    }
    return count(done);
  }

  String pause(WebRequest request) {
    inspection.pause(request.field("operation"));
    return count(1);
  }

  String resume(WebRequest request) {
    return count(inspection.resume(request.field("operation")) ? 1 : 0);
  }

  private static String count(int done) {
    return "{\"done\":" + done + "}\n";
  }
}
