package gyre.insight;

import gyre.insight.Check.Grade;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@link Doctor} found, for people and for scripts. */
public final class DoctorReport {
  private DoctorReport() {}

  /**
   * A line or more for each check, and what it comes to.
   *
   * @param cost null if nobody has measured it
   */
  public static List<String> lines(
      List<Check> checks, Doctor.Goal goal, @Nullable ConnectionCost cost) {
    List<String> lines = new ArrayList<>();
    for (Check check : checks) {
      lines.add(
          String.format(
              Locale.ROOT, "%-7s %-22s %s", word(check.grade()), check.name(), check.value()));
      if (check.grade() != Grade.GOOD) {
        lines.add("          " + check.why());
        if (!check.command().isEmpty()) {
          lines.add("          > " + check.command());
        }
      }
    }
    if (cost != null) {
      lines.add("");
      lines.add(
          goal
              + ": an idle connection takes "
              + Figures.bytes(cost.heapBytes())
              + " of the heap and "
              + Figures.bytes(cost.kernelBytes())
              + " in the kernel here, so "
              + goal.connections()
              + " take "
              + Figures.bytes(goal.connections() * cost.bytes())
              + ", and what is under way on them");
    }
    long bad = count(checks, Grade.BAD);
    long weak = count(checks, Grade.WEAK);
    lines.add("");
    lines.add(
        bad + weak == 0
            ? "nothing to do"
            : bad
                + " will not do, "
                + weak
                + " could be better"
                + (goal == Doctor.Goal.ANY ? "" : ", for " + goal));
    return lines;
  }

  private static long count(List<Check> checks, Grade grade) {
    return checks.stream().filter(check -> check.grade() == grade).count();
  }

  /** Whether nothing is bad. */
  public static boolean isGood(List<Check> checks) {
    return count(checks, Grade.BAD) == 0;
  }

  private static String word(Grade grade) {
    return switch (grade) {
      case GOOD -> "ok";
      case NOTE -> "note";
      case WEAK -> "weak";
      case BAD -> "BAD";
      case UNKNOWN -> "?";
    };
  }

  /** One object. */
  public static String json(List<Check> checks, Doctor.Goal goal, @Nullable ConnectionCost cost) {
    return Json.object(json -> {
      json.put("goal", goal.name());
      json.put("connections", goal.connections());
      json.put("good", isGood(checks));
      if (cost != null) {
        json.put("heap_bytes_each", cost.heapBytes());
        json.put("kernel_bytes_each", cost.kernelBytes());
        json.put("bytes", goal.connections() * cost.bytes());
      }
      json.array(
          "checks",
          array ->
              checks.forEach(check ->
                  array.element(each -> {
                    each.put("name", check.name());
                    each.put("value", check.value());
                    each.put("verdict", check.grade().name());
                    each.put("why", check.why());
                    each.put("command", check.command());
                  })));
    });
  }
}
