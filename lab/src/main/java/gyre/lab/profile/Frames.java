package gyre.lab.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Stacks with their counts, and what they add up to. */
record Frames(Map<String, Long> stacks) {
  private static final String SEPARATOR = ";";

  /** A share of all samples. */
  record Part(String name, double share) {}

  Frames {
    stacks = Map.copyOf(stacks);
  }

  /** From collapsed stacks: {@code outermost;…;innermost count}. */
  static Frames parse(List<String> lines) {
    Map<String, Long> stacks = new HashMap<>();
    for (String line : lines) {
      int space = line.lastIndexOf(' ');
      if (space > 0) {
        long count = Long.parseLong(line.substring(space + 1).strip());
        stacks.merge(line.substring(0, space), count, Long::sum);
      }
    }
    return new Frames(stacks);
  }

  long total() {
    return stacks.values().stream().mapToLong(count -> count).sum();
  }

  /** The innermost frames, most frequent first. */
  List<Part> hottest(int limit) {
    return ranked(Frames::leaf, limit);
  }

  /**
   * By who is responsible: the innermost frame that is Java, and kernel work by who asked for it.
   */
  List<Part> groups(int limit) {
    return ranked(Frames::group, limit);
  }

  private List<Part> ranked(java.util.function.Function<String, String> by, int limit) {
    Map<String, Long> counts = new HashMap<>();
    stacks.forEach((stack, count) -> counts.merge(by.apply(stack), count, Long::sum));
    double total = Math.max(1, total());
    List<Part> parts = new ArrayList<>();
    counts.forEach((name, count) -> parts.add(new Part(name, count / total)));
    parts.sort(Comparator.comparingDouble(Part::share).reversed().thenComparing(Part::name));
    return parts.subList(0, Math.min(limit, parts.size()));
  }

  static String leaf(String stack) {
    return strip(stack.substring(stack.lastIndexOf(';') + 1));
  }

  static String group(String stack) {
    String[] frames = stack.split(SEPARATOR, -1);
    String suffix = isKernel(frames[frames.length - 1]) ? " → kernel" : "";
    String platform = "";
    for (int i = frames.length - 1; i >= 0; i--) {
      String name = packageOf(frames[i]);
      if (!name.isEmpty() && !isPlatform(name)) {
        return name + suffix;
      }
      platform = platform.isEmpty() ? name : platform;
    }
    return (platform.isEmpty() ? "native code" : platform) + suffix;
  }

  private static boolean isPlatform(String name) {
    return name.startsWith("java.") || name.startsWith("jdk.") || name.startsWith("sun.");
  }

  /** Ours as they are; others by the first two parts of their names; empty if it is not Java. */
  private static String packageOf(String frame) {
    int slash = isKernel(frame) ? -1 : strip(frame).lastIndexOf('/');
    if (slash <= 0) {
      return "";
    }
    String name = frame.substring(0, slash).replace('/', '.');
    String[] parts = name.split("\\.", -1);
    return name.startsWith("gyre") || parts.length < 2 ? name : parts[0] + "." + parts[1];
  }

  private static boolean isKernel(String frame) {
    return frame.endsWith("_[k]");
  }

  private static String strip(String frame) {
    return frame.replaceAll("_\\[[a-z0-9]+]$", "");
  }
}
