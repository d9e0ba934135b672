package gyre.terminal;

/** The latest of some values as a row of small bars, the last one at the right edge. */
public final class Sparkline implements Widget {
  private static final String LEVELS = " ▁▂▃▄▅▆▇█";

  private final double[] values;
  private final double max;
  private final Style style;

  private Sparkline(double[] values, double max, Style style) {
    this.values = values;
    this.max = max;
    this.style = style;
  }

  /** The oldest value first. The array is not copied: it may go on changing. */
  public static Sparkline of(double... values) {
    return new Sparkline(values, Double.NaN, Style.plain());
  }

  /** What a full bar means; if nothing is said, the largest value that is shown. */
  public Sparkline max(double newMax) {
    if (!(newMax > 0)) {
      throw new IllegalArgumentException("max " + newMax + ": must be positive");
    }
    return new Sparkline(values, newMax, style);
  }

  public Sparkline style(Style newStyle) {
    return new Sparkline(values, max, newStyle);
  }

  @Override
  public void draw(Area area) {
    int count = Math.min(area.width(), values.length);
    int first = values.length - count;
    double full = Double.isNaN(max) ? largest(first) : max;
    int levels = area.height() * 8;
    for (int i = 0; i < count; i++) {
      double share = full > 0 ? Math.clamp(values[first + i] / full, 0, 1) : 0;
      int level = Double.isNaN(share) ? 0 : (int) Math.round(share * levels);
      int column = area.width() - count + i;
      for (int row = area.height() - 1; row >= 0; row--) {
        int here = Math.clamp(level, 0, 8);
        area.put(column, row, LEVELS.substring(here, here + 1), style);
        level -= here;
      }
    }
  }

  private double largest(int first) {
    double largest = 0;
    for (int i = first; i < values.length; i++) {
      largest = Math.max(largest, values[i]); // NaN would stay: it is shown as nothing
    }
    return Double.isNaN(largest) ? 0 : largest;
  }
}
