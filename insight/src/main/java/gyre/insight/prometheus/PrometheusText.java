package gyre.insight.prometheus;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Writes figures in the text format of Prometheus, version 0.0.4. Families come one after the
 * other, each with its samples:
 *
 * <pre>{@code
 * PrometheusText text = PrometheusText.create();
 * text.counter("shop_orders_total", "Orders taken.").sample(17, "country", "de");
 * text.gauge("shop_open_carts", "Carts that are not paid.").sample(3);
 * text.toString();
 * }</pre>
 *
 * <p>Names are checked where they are given, so that one mistake does not cost a whole scrape;
 * values of labels may be any text. Used by one thread.
 */
public final class PrometheusText {
  /** What {@code Content-Type} says of it. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder(4096);
  private final Set<String> names = new HashSet<>();

  private PrometheusText() {}

  public static PrometheusText create() {
    return new PrometheusText();
  }

  /**
   * What only grows while a process lives.
   *
   * @throws IllegalArgumentException unless the name ends with {@code _total}, or if it was there
   */
  public Family counter(String name, String help) {
    if (!name.endsWith("_total")) {
      throw new IllegalArgumentException("the name of a counter ends with _total: " + name);
    }
    return family(name, help, "counter");
  }

  /** What goes up and down. */
  public Family gauge(String name, String help) {
    if (name.endsWith("_total")) {
      throw new IllegalArgumentException("only names of counters end with _total: " + name);
    }
    return family(name, help, "gauge");
  }

  /** How values are spread over buckets; each has its samples by {@link Histogram#sample}. */
  public Histogram histogram(String name, String help, double... bounds) {
    for (int i = 0; i < bounds.length; i++) {
      if (!Double.isFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) {
        throw new IllegalArgumentException("bounds of " + name + " must be finite and grow");
      }
    }
    family(name, help, "histogram");
    return new Histogram(name, bounds.clone());
  }

  private Family family(String name, String help, String type) {
    if (!name.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException("no name of a metric, as gyre_entries_total: " + name);
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("metric " + name + " is there already");
    }
    text.append("# HELP ").append(name).append(' ').append(escaped(help, false)).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return new Family(name);
  }

  /** The samples of a counter or a gauge. */
  public final class Family {
    private final String name;

    private Family(String name) {
      this.name = name;
    }

    /**
     * Adds a value.
     *
     * @param labels names and values in turn
     */
    public Family sample(double value, String... labels) {
      line(name, value, labels);
      return this;
    }
  }

  /** The samples of a histogram. */
  public final class Histogram {
    private final String name;
    private final double[] bounds;

    private Histogram(String name, double[] bounds) {
      this.name = name;
      this.bounds = bounds;
    }

    /**
     * Adds what one set of buckets holds.
     *
     * @param counts of each bucket alone, and at the end of what is above all bounds
     * @param sum of all values
     * @param labels names and values in turn
     */
    public Histogram sample(long[] counts, double sum, String... labels) {
      if (counts.length != bounds.length + 1) {
        throw new IllegalArgumentException(
            name + " has " + (bounds.length + 1) + " buckets, and not " + counts.length);
      }
      String[] more = java.util.Arrays.copyOf(labels, labels.length + 2);
      more[labels.length] = "le";
      long count = 0;
      for (int i = 0; i < counts.length; i++) {
        count += counts[i];
        more[labels.length + 1] = i < bounds.length ? number(bounds[i]) : "+Inf";
        line(name + "_bucket", (double) count, more);
      }
      line(name + "_sum", sum, labels);
      line(name + "_count", (double) count, labels);
      return this;
    }
  }

  private void line(String name, double value, String... labels) {
    if (labels.length % 2 != 0) {
      throw new IllegalArgumentException("labels of " + name + " are names and values in turn");
    }
    text.append(name);
    for (int i = 0; i < labels.length; i += 2) {
      if (!labels[i].matches("[a-zA-Z][a-zA-Z0-9_]*")) {
        throw new IllegalArgumentException("no name of a label: " + labels[i]);
      }
      text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      text.append(escaped(labels[i + 1], true)).append('"');
    }
    text.append(labels.length == 0 ? " " : "} ").append(number(value)).append('\n');
  }

  /** Whole numbers without a point, which is shorter; the rest as Java writes it. */
  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    boolean isWhole = value == Math.rint(value) && Math.abs(value) < 1L << 53;
    return isWhole ? String.format(Locale.ROOT, "%d", (long) value) : Double.toString(value);
  }

  private static String escaped(String value, boolean isQuoted) {
    StringBuilder escaped = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char at = value.charAt(i);
      switch (at) {
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '"' -> escaped.append(isQuoted ? "\\\"" : "\"");
        // Half of a pair would be no UTF-8.
        default -> escaped.append(isLone(value, i) ? '\uFFFD' : at);
      }
    }
    return escaped.toString();
  }

  private static boolean isLone(String value, int at) {
    char unit = value.charAt(at);
    if (Character.isHighSurrogate(unit)) {
      return at + 1 == value.length() || !Character.isLowSurrogate(value.charAt(at + 1));
    }
    return Character.isLowSurrogate(unit)
        && (at == 0 || !Character.isHighSurrogate(value.charAt(at - 1)));
  }

  /** All of it so far. */
  @Override
  public String toString() {
    return text.toString();
  }
}
