package gyre.lab.profile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code perf script -F comm,ip,sym} of samples with stacks: a line with the name of the
 * thread, then a line for each frame, the innermost first, then an empty one.
 */
final class PerfStacks {
  private PerfStacks() {}

  /** Stacks with the thread outermost. */
  static Frames parse(List<String> lines) {
    Map<String, Long> stacks = new HashMap<>();
    List<String> frames = new ArrayList<>();
    String thread = "";
    for (String line : lines) {
      if (line.isBlank()) {
        add(stacks, thread, frames);
        thread = "";
      } else if (!Character.isWhitespace(line.charAt(0))) {
        add(stacks, thread, frames);
        thread = line.strip();
      } else {
        frames.add(frame(line.strip()));
      }
    }
    add(stacks, thread, frames);
    return new Frames(stacks);
  }

  private static void add(Map<String, Long> stacks, String thread, List<String> frames) {
    if (!frames.isEmpty()) {
      frames.add(thread.isEmpty() ? "unknown thread" : thread);
      Collections.reverse(frames);
      stacks.merge(String.join(";", frames), 1L, Long::sum);
      frames.clear();
    }
  }

  private static String frame(String line) {
    int space = line.indexOf(' ');
    String address = space < 0 ? line : line.substring(0, space);
    String name = space < 0 ? "unknown" : line.substring(space + 1).strip().replace(';', ',');
    boolean isKernel = address.length() == 16 && address.charAt(0) >= '8';
    return isKernel ? name + "_[k]" : name;
  }

  /** Of all samples; NaN where there is none of the kernel, which then could not be seen. */
  static double kernelShare(Frames frames) {
    long kernel = 0;
    for (Map.Entry<String, Long> stack : frames.stacks().entrySet()) {
      kernel += stack.getKey().endsWith("_[k]") ? stack.getValue() : 0;
    }
    return kernel == 0 ? Double.NaN : (double) kernel / frames.total();
  }
}
