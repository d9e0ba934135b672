package gyre.lab.profile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code perf script -F ip,sym}: an address and, where it is known, a name. */
final class Samples {
  private Samples() {}

  /** NaN where nothing was seen, or only what is not the kernel: every peer is in it sometimes. */
  static double kernelShare(List<String> lines) {
    long kernel = 0;
    long all = 0;
    for (String line : lines) {
      String address = address(line);
      if (!address.isEmpty()) {
        all++;
        kernel += isKernel(address) ? 1 : 0;
      }
    }
    return kernel == 0 ? Double.NaN : (double) kernel / all;
  }

  static Frames frames(List<String> lines) {
    Map<String, Long> stacks = new HashMap<>();
    for (String line : lines) {
      String address = address(line);
      if (!address.isEmpty()) {
        String name = line.strip().substring(address.length()).strip();
        String frame = (name.isEmpty() ? "unknown" : name) + (isKernel(address) ? "_[k]" : "");
        stacks.merge(frame, 1L, Long::sum);
      }
    }
    return new Frames(stacks);
  }

  private static String address(String line) {
    String text = line.strip();
    int space = text.indexOf(' ');
    String first = space < 0 ? text : text.substring(0, space);
    return first.matches("[0-9a-f]+") ? first : "";
  }

  /** The kernel has the upper half of the addresses. */
  private static boolean isKernel(String address) {
    return address.length() == 16 && address.charAt(0) >= '8';
  }
}
