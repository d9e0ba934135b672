package gyre.lab.round;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the time goes, as the target's command tells it. Beside what people read it prints lines
 * that are read here:
 *
 * <pre>
 * share SYMBOL PERCENT   of CPU time
 * kernel PERCENT         of CPU time in system calls
 * idle PERCENT           of time without a core, or waiting
 * calls NAME COUNT       system calls, or another count, for one operation
 * </pre>
 */
record Profile(
    String text,
    Map<String, Double> shares,
    Map<String, Double> calls,
    double kernel,
    double idle) {
  private static final Pattern LINE =
      Pattern.compile("^(share|calls) (\\S+) ([0-9.]+)$|^(kernel|idle) ([0-9.]+)$");

  /** A share has to fall by so much of itself to be a shift, and by so many percent of the time. */
  private static final double RELATIVE = 0.05;

  private static final double ABSOLUTE_PERCENT = 0.3;
  private static final double SYSCALL_BOUND_PERCENT = 40;
  private static final double IDLE_BOUND_PERCENT = 50;

  Profile {
    shares = Map.copyOf(shares);
    calls = Map.copyOf(calls);
  }

  static Profile parse(String text) {
    Map<String, Double> shares = new LinkedHashMap<>();
    Map<String, Double> calls = new LinkedHashMap<>();
    Map<String, Double> times = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line.strip());
      if (!matcher.matches()) {
        continue;
      }
      if (matcher.group(1) == null) {
        times.put(matcher.group(4), Double.parseDouble(matcher.group(5)));
      } else {
        Map<String, Double> into = matcher.group(1).equals("share") ? shares : calls;
        into.merge(matcher.group(2), Double.parseDouble(matcher.group(3)), Double::sum);
      }
    }
    return new Profile(
        text,
        shares,
        calls,
        times.getOrDefault("kernel", Double.NaN),
        times.getOrDefault("idle", Double.NaN));
  }

  /** Whether it says anything that a later one could be compared with. */
  boolean isKnown() {
    return !shares.isEmpty() || !calls.isEmpty();
  }

  /** Of all symbols that match. */
  OptionalDouble share(String symbol) {
    List<Double> found =
        shares.entrySet().stream()
            .filter(entry -> Rules.like(symbol, entry.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    return found.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(found.stream().mapToDouble(Double::doubleValue).sum());
  }

  /** What limits it, which says in which tier of the playbook to look. */
  String bottleneck() {
    if (idle > IDLE_BOUND_PERCENT) {
      return String.format(Locale.ROOT, "waiting: %.0f %% of the time without work", idle);
    }
    if (kernel > SYSCALL_BOUND_PERCENT) {
      return String.format(
          Locale.ROOT, "system calls: %.0f %% of CPU time is the kernel's", kernel);
    }
    return Double.isNaN(kernel) ? "unknown" : "user code";
  }

  /** What fell, where it should have: empty means that the profile does not explain a gain. */
  List<String> shift(Profile after, List<String> symbols) {
    List<String> fallen = new ArrayList<>();
    // Where a look was not possible everything is gone, which explains nothing.
    for (String symbol : after.shares.isEmpty() ? List.<String>of() : symbols) {
      double before = share(symbol).orElse(0);
      double now = after.share(symbol).orElse(0);
      if (before - now >= ABSOLUTE_PERCENT && now <= before * (1 - RELATIVE)) {
        fallen.add(String.format(Locale.ROOT, "%s fell from %.1f to %.1f %%", symbol, before, now));
      }
    }
    new TreeMap<>(calls)
        .forEach((name, before) -> {
          double now = after.calls.getOrDefault(name, 0.0);
          if (!after.calls.isEmpty() && now <= before * (1 - RELATIVE)) {
            fallen.add(
                String.format(
                    Locale.ROOT, "%s fell from %.3f to %.3f an operation", name, before, now));
          }
        });
    return fallen;
  }
}
