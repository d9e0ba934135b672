package gyre.terminal;

/**
 * Frames for what understands no sequences: pipes, files, dumb terminals. Of each frame those rows
 * are printed that are not as they were, without colours.
 */
final class PlainFrames {
  private final FrameBytes out = new FrameBytes();
  private String[] shown = new String[0];

  /** How many bytes of {@link #bytes} the frame takes. */
  int encode(Screen frame) {
    out.clear();
    if (shown.length != frame.rows()) {
      shown = new String[frame.rows()];
    }
    for (int row = 0; row < frame.rows(); row++) {
      String text = frame.text(row);
      String before = shown[row];
      boolean isNew = before == null ? !text.isEmpty() : !text.equals(before);
      shown[row] = text;
      if (isNew) {
        out.add(text);
        out.add('\n');
      }
    }
    return out.length();
  }

  byte[] bytes() {
    return out.array();
  }
}
