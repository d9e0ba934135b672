package gyre.lab.overload;

import com.grack.nanojson.JsonObject;
import gyre.lab.OverloadOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one engine did with the attack.
 *
 * @param engine and why that one
 * @param before counters before the attack
 * @param during the last counters while all were there
 * @param after counters when it was over
 * @param clients what the clients found
 * @param log all lines of the server
 * @param calmMillis from the end of the attack until all was as before; -1 if it never was
 * @param held after one attack after the other; empty where there was but one
 */
public record OverloadResult(
    String engine,
    JsonObject before,
    JsonObject during,
    JsonObject after,
    JsonObject clients,
    List<LogLine> log,
    long calmMillis,
    List<Held> held) {
  private static final int LINES_A_MINUTE = 2;
  private static final double MEBIBYTE = 1 << 20;
  private static final double MILLI = 1e6;

  public OverloadResult {
    log = List.copyOf(log);
    held = List.copyOf(held);
  }

  OverloadResult withHeld(List<Held> now) {
    return new OverloadResult(engine, before, during, after, clients, log, calmMillis, now);
  }

  /** What was promised, and whether it was kept. */
  public List<Promise> promises(OverloadOptions options) {
    List<Promise> promises = new ArrayList<>(promisesOfOne(options));
    if (options.leaks() && promises.stream().allMatch(Promise::isKept)) {
      promises.add(leaks(options));
    }
    return promises;
  }

  /** That it was not looked at counts as broken: a gate that looks at nothing passes everything. */
  private Promise leaks(OverloadOptions options) {
    String text = "an attack leaves nothing that those before it have not left";
    if (held.size() < Held.ATTACKS || !held.stream().allMatch(Held::isKnown)) {
      return new Promise(text, false, "the server does not tell what it holds");
    }
    List<String> grown = Held.grown(held, options.peers(), options.fewest());
    return new Promise(
        text,
        grown.isEmpty(),
        grown.isEmpty()
            ? "%d kinds of things were counted".formatted(held.getLast().counts().size())
            : String.join("; ", grown));
  }

  List<Promise> promisesOfOne(OverloadOptions options) {
    long patienceMillis = options.patience().toMillis();
    int mostLines = LogLine.mostAMinute(log);
    long errors = log.stream().filter(line -> line.text().startsWith("SEVERE")).count();
    return List.of(
        served("small", "an honest request of 100 bytes is answered", options.patience()),
        served(
            "large",
            "an honest request of 100,000 bytes gets its turn",
            options.attack().plus(options.patience())),
        new Promise(
            "memory stays under its limit",
            count(after, "limit") > 0
                && count(after, "usedPeak") > 0
                && count(after, "usedPeak") <= count(after, "limit"),
            mebibytes("usedPeak") + " of " + mebibytes("limit") + " MiB at most"),
        new Promise(
            "peers cannot fill the log, nor cause errors in it",
            mostLines <= LINES_A_MINUTE && errors == 0,
            log.size() + " lines, " + mostLines + " in a minute, " + errors + " errors"),
        new Promise(
            "all is as before within " + patienceMillis / 1000 + " s after they have left",
            calmMillis >= 0,
            calmMillis < 0
                ? "it is not: " + after
                : "after %.1f s, with %s MiB in use".formatted(calmMillis / 1e3, used())));
  }

  private Promise served(String which, String text, Duration within) {
    long failed = count(clients, which + "Failed");
    long wrong = count(clients, which + "Wrong");
    double maxMillis = count(clients, which + "MaxNanos") / MILLI;
    boolean isKept =
        failed == 0
            && wrong == 0
            && count(clients, which + "Served") > 0
            && maxMillis <= within.toMillis();
    String failure = clients.getString(which + "FirstFailure", "");
    return new Promise(
        text + " within " + within.toSeconds() + " s",
        isKept,
        String.format(
            Locale.ROOT,
            "%,d served, %d failed, %d wrong, at most %,.1f ms%s",
            count(clients, which + "Served"),
            failed,
            wrong,
            maxMillis,
            failure.isEmpty() ? "" : "; the first failure " + failure));
  }

  static long count(JsonObject figures, String name) {
    return figures.getLong(name, 0);
  }

  private String mebibytes(String name) {
    return String.format(Locale.ROOT, "%.1f", count(after, name) / MEBIBYTE);
  }

  private String used() {
    return mebibytes("used");
  }

  /** All of it, as lines for people. */
  public String report(OverloadOptions options) {
    StringBuilder text = new StringBuilder();
    text.append(latency("small")).append(latency("large"));
    text.append(head("memory"))
        .append(
            String.format(
                Locale.ROOT,
                "peak %s of %s MiB; longest wait for a turn %.1f s",
                mebibytes("usedPeak"),
                mebibytes("limit"),
                count(after, "waitedNanosMax") / 1e9));
    text.append(head("at the end of it"))
        .append(
            String.format(
                Locale.ROOT,
                "%s, %,d connections, %,d hold bytes, %,d wait",
                during.getString("level", "?"),
                count(during, "connections"),
                count(during, "holders"),
                count(during, "waiting")));
    text.append(head("counters"))
        .append(
            String.format(
                Locale.ROOT,
                "%,d turns given, %,d streams reset with %.1f MiB, %,d pauses of accepting, %,d writes refused, %,d resets seen while paused",
                count(after, "grants"),
                count(after, "shedStreams"),
                count(after, "shedBytes") / MEBIBYTE,
                count(after, "acceptPauses"),
                count(after, "writesRefused"),
                count(after, "resetsSeenPaused")));
    text.append(head("peers"))
        .append(
            String.format(
                Locale.ROOT,
                "%,d came, %,d reset by themselves; the server reset %,d greedy ones and %,d others",
                count(clients, "peersStarted"),
                count(clients, "resets"),
                count(clients, "greedyLost"),
                // Who reads slowly does not notice before it has read what had arrived.
                count(after, "shedStreams") - count(clients, "greedyLost")));
    for (LogLine each : log) {
      text.append(head("log"))
          .append(String.format(Locale.ROOT, "%6.1f s  %s", each.millis() / 1e3, each.text()));
    }
    text.append('\n');
    promises(options).forEach(promise -> text.append("  ").append(promise).append('\n'));
    return text.toString();
  }

  private String latency(String which) {
    return String.format(
        Locale.ROOT,
        "%n  %-17s %,d served, %d failed; median %.2f ms, 99%% below %,.1f ms, at most %,.1f ms",
        "honest " + which,
        count(clients, which + "Served"),
        count(clients, which + "Failed"),
        count(clients, which + "MedianNanos") / MILLI,
        count(clients, which + "P99Nanos") / MILLI,
        count(clients, which + "MaxNanos") / MILLI);
  }

  private static String head(String text) {
    return String.format(Locale.ROOT, "%n  %-17s ", text);
  }
}
