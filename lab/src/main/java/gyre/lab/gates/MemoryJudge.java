package gyre.lab.gates;

import gyre.lab.gates.Judgement.Outcome;
import gyre.lab.gates.Measured.Growth;
import java.util.Arrays;
import java.util.Map;

/**
 * Judges how memory goes on under load. A leak that is fast is above the limit by its slope; one
 * that is slow is below it, and found by that it never stops.
 */
final class MemoryJudge {
  private static final int LEAST_POINTS = 6;

  /** Of chance: one in a hundred, and one in twenty. */
  private static final double SURE = 2.326;

  private static final double LIKELY = 1.645;

  /** What rises by less than this in an hour, or has by less in all, may be a table that fills. */
  private static final double LEAST_MEBIBYTES = 1;

  /** What a healthy program may gain while it is looked at, whatever that would be in an hour. */
  private static final double LEAST_RISE_BYTES = 128 << 10;

  /** Of its slope before, which the second half of what is to be steady keeps. */
  private static final double STEADY = 0.5;

  private static final double MEBI = 1 << 20;
  private static final double HOUR_SECONDS = 3600;

  private final double limitBytes;
  private final double seconds;

  MemoryJudge(double limitBytes, double seconds) {
    this.limitBytes = limitBytes;
    this.seconds = seconds;
  }

  /** How one series came out. */
  record Finding(Outcome outcome, String reason) {}

  /** Adds to the figures what was measured. */
  Finding of(Growth.Series series, Map<String, Object> figures) {
    double[] x = series.points().stream().mapToDouble(Growth.Point::requests).toArray();
    double[] y = series.points().stream().mapToDouble(Growth.Point::bytes).toArray();
    if (x.length < LEAST_POINTS) {
      return unjudged("only " + x.length + " points were measured: give it more --seconds");
    }
    if (!Arrays.stream(y).allMatch(Double::isFinite)) {
      return unjudged(series.of() + " could not be seen at each look");
    }
    Trend trend = Trend.of(x, y);
    int half = x.length / 2;
    double[] xLate = Arrays.copyOfRange(x, half, x.length);
    double[] yLate = Arrays.copyOfRange(y, half, y.length);
    Trend late = Trend.of(xLate, yLate);
    double requests = x[x.length - 1] - x[0];
    double perHour = requests / seconds * HOUR_SECONDS / MEBI;
    note(series, trend, late, requests, perHour, figures);
    String found =
        "%s: %s ± %s bytes more each request (95 %% confidence; limit %s)"
            .formatted(
                series.of(),
                Judge.text(trend.slope()),
                Judge.text(trend.margin()),
                Judge.text(limitBytes));
    if (trend.least() > limitBytes) {
      return new Finding(Outcome.FAIL, found);
    }
    if (!(trend.most() <= limitBytes)) {
      return unjudged(found + ": too rough to tell, give it more --seconds");
    }
    boolean isRising =
        series.isExact()
            && Kendall.of(yLate) > LIKELY
            && late.slope() * (x[x.length - 1] - x[half]) >= LEAST_RISE_BYTES
            && late.slope() * perHour >= LEAST_MEBIBYTES;
    if (!isRising) {
      return new Finding(Outcome.PASS, found);
    }
    String slow =
        "%s: rises all the time: by %s MiB an hour at this load, as the second half goes (%s bytes a request)"
            .formatted(series.of(), Judge.text(late.slope() * perHour), Judge.text(late.slope()));
    boolean isSteady =
        Kendall.of(y) > SURE
            && late.slope() >= trend.slope() * STEADY
            && y[y.length - 1] - y[0] >= LEAST_MEBIBYTES * MEBI;
    return isSteady
        ? new Finding(Outcome.FAIL, slow)
        : unjudged(slow + ": a leak, or what has yet to fill; give it more --seconds");
  }

  private static Finding unjudged(String reason) {
    return new Finding(Outcome.UNJUDGED, reason);
  }

  private void note(
      Growth.Series series,
      Trend trend,
      Trend late,
      double requests,
      double perHour,
      Map<String, Object> figures) {
    String name = series.of().replace(' ', '_');
    double first = series.points().getFirst().bytes();
    double last = series.points().getLast().bytes();
    figures.put("requests", Math.round(requests));
    figures.put("limit_bytes_per_request", limitBytes);
    figures.put(name + "_first_mebibytes", Judge.rounded(first / MEBI));
    figures.put(name + "_last_mebibytes", Judge.rounded(last / MEBI));
    figures.put(name + "_bytes_per_request", Judge.rounded(trend.slope()));
    figures.put(name + "_bytes_per_request_least", Judge.rounded(trend.least()));
    figures.put(name + "_bytes_per_request_most", Judge.rounded(trend.most()));
    figures.put(name + "_mebibytes_per_hour", Judge.rounded(trend.slope() * perHour));
    figures.put(name + "_mebibytes_per_hour_late", Judge.rounded(late.slope() * perHour));
  }
}
