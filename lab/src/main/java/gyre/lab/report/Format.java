package gyre.lab.report;

import gyre.lab.result.Spread;
import java.util.Locale;

/** Figures as people read them: three digits that matter, a dash for what is not known. */
final class Format {
  static final String UNKNOWN = "–";

  /** Two races that both know a ratio that well mostly say the same. */
  private static final double WELL_PERCENT = 5;

  private Format() {}

  /** {@code 3.90}, {@code 52.1}, {@code 4,868}. */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return UNKNOWN;
    }
    double size = Math.abs(value);
    String pattern = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size == 0 ? "%.0f" : "%.2f";
    return String.format(Locale.ROOT, pattern, value);
  }

  /** {@code 128k}, {@code 1.31M}. */
  static String rate(double perSecond) {
    if (!Double.isFinite(perSecond)) {
      return UNKNOWN;
    }
    if (perSecond >= 1e6) {
      return String.format(Locale.ROOT, "%.2fM", perSecond / 1e6);
    }
    return perSecond >= 1e4
        ? String.format(Locale.ROOT, "%.0fk", perSecond / 1e3)
        : String.format(Locale.ROOT, "%.0f", perSecond);
  }

  static String mebibytes(long bytes) {
    return bytes < 0 ? UNKNOWN : String.format(Locale.ROOT, "%.0f MiB", bytes / 1048576.0);
  }

  /**
   * {@code 0.97}, or {@code 0.97 ±12 %} where it is not known well; of one round, how well is not.
   */
  static String ratio(Spread ratio) {
    if (!ratio.isKnown()) {
      return UNKNOWN;
    }
    String median = String.format(Locale.ROOT, "%.2f", ratio.median());
    double percent = ratio.relativeUncertainty() * 100;
    return percent > WELL_PERCENT && Double.isFinite(percent)
        ? String.format(Locale.ROOT, "%s ±%.0f %%", median, percent)
        : median;
  }

  /** {@code 0.97 (0.95–1.01)}. */
  static String ratioWithSpread(Spread ratio) {
    return ratio.isKnown()
        ? String.format(
            Locale.ROOT, "%.2f (%.2f–%.2f)", ratio.median(), ratio.least(), ratio.greatest())
        : UNKNOWN;
  }
}
