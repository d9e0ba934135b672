package gyre.lab.program;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What this process holds at rest: descriptors, threads, memory outside of the heap, and the live
 * objects of each class of Gyre. It is told by the JVM and the kernel, so that what Gyre has
 * forgotten is seen too.
 */
final class HeldThings {
  /** A line of a class histogram: number, instances, bytes, class and perhaps its module. */
  private static final Pattern LINE =
      Pattern.compile("^ *[0-9]+: +([0-9]+) +([0-9]+) +(\\S+).*$", Pattern.MULTILINE);

  private static final Pattern TOTAL =
      Pattern.compile("^Total +([0-9]+) +([0-9]+).*$", Pattern.MULTILINE);
  private static final String OURS = "gyre.";

  private HeldThings() {}

  /** After a collection; stops the process for as long as that takes. */
  static Figures figures() throws IOException {
    String live = classHistogram();
    Figures figures = new Figures();
    figures.put("threads", Thread.getAllStackTraces().size());
    figures.put("directBytes", directBytes());
    figures.put("descriptors", descriptors());
    Matcher total = TOTAL.matcher(live);
    if (!total.find()) {
      throw new IOException(
          "the JVM tells of no live objects: " + live.lines().findFirst().orElse(""));
    }
    figures.put("heapBytes", Long.parseLong(total.group(2)));
    Matcher line = LINE.matcher(live);
    while (line.find()) {
      // Names of hidden classes, as of lambdas, have an address in them.
      String name = line.group(3).replaceAll("[/+]0x[0-9a-f]+$", "");
      if (name.startsWith(OURS) && !name.startsWith("gyre.lab.")) {
        figures.add("live " + name, Long.parseLong(line.group(1)));
      }
    }
    return figures;
  }

  /** Of objects that are reachable, which costs a full collection. */
  private static String classHistogram() throws IOException {
    try {
      Object text =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "gcClassHistogram",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
      return String.valueOf(text);
    } catch (JMException e) {
      throw new IOException("the JVM does not tell its live objects: " + e, e);
    }
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
