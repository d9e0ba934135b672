package gyre.insight;

import java.util.Locale;

/** Numbers as people read them: three digits and a unit. */
public final class Figures {
  private Figures() {}

  public static String nanos(long nanos) {
    return nanos((double) nanos);
  }

  public static String bytes(long bytes) {
    return bytes((double) bytes);
  }

  public static String count(long number) {
    return count((double) number);
  }

  public static String nanos(double nanos) {
    if (nanos < 1e3) {
      return round(nanos) + " ns";
    }
    if (nanos < 1e6) {
      return round(nanos / 1e3) + " µs";
    }
    if (nanos < 1e9) {
      return round(nanos / 1e6) + " ms";
    }
    return nanos < 100e9 ? round(nanos / 1e9) + " s" : Math.round(nanos / 60e9) + " min";
  }

  public static String bytes(double bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    double left = bytes;
    while (left >= 1000 && unit < units.length - 1) {
      left /= 1024;
      unit++;
    }
    return round(left) + " " + units[unit];
  }

  public static String count(double number) {
    if (number < 10_000) {
      return number < 100 ? round(number) : Long.toString(Math.round(number));
    }
    return number < 1e6 ? round(number / 1e3) + "k" : round(number / 1e6) + "M";
  }

  public static String percent(double share) {
    return Math.round(share * 100) + " %";
  }

  private static String round(double number) {
    if (number == Math.rint(number) && number < 1000) {
      return Long.toString((long) number);
    }
    return String.format(
        Locale.ROOT, number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f", number);
  }
}
