package gyre.terminal;

/**
 * A bar that is full in part, with a label before it and the share behind it: {@code cpu ████▌ 45
 * %}. One row.
 */
public final class Bar implements Widget {
  /** From an eighth to the whole of a cell. */
  private static final String EIGHTHS = "▏▎▍▌▋▊▉█";

  private final String label;
  private final double share;
  private final Style style;

  private Bar(String label, double share, Style style) {
    this.label = label;
    this.share = share;
    this.style = style;
  }

  /**
   * A bar without a label.
   *
   * @param share from 0 to 1; what is beyond is shown as the end, and NaN as 0
   */
  public static Bar of(double share) {
    return new Bar("", Double.isNaN(share) ? 0 : Math.clamp(share, 0, 1), Style.plain());
  }

  public Bar label(String newLabel) {
    return new Bar(newLabel, share, style);
  }

  /** Of the bar itself. */
  public Bar style(Style newStyle) {
    return new Bar(label, share, newStyle);
  }

  @Override
  public void draw(Area area) {
    String percent = " %3d %%".formatted(Math.round(share * 100));
    int left = label.isEmpty() ? 0 : area.put(0, 0, label, Style.plain()) + 1;
    int width = area.width() - left - percent.length();
    if (width < 1) {
      return; // no room for more than the label
    }
    Area bar = area.part(left, 0, width, 1);
    int eighths = (int) Math.round(share * width * 8);
    String full = EIGHTHS.substring(7).repeat(eighths / 8);
    String rest = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8 - 1, eighths % 8);
    bar.put(0, 0, full + rest, style);
    area.put(left + width, 0, percent, Style.plain());
  }
}
