package gyre.terminal;

import gyre.engine.Errno;
import org.jspecify.annotations.Nullable;

/**
 * What a terminal is to show. There is one frame that is being written, and the newest that was
 * drawn: one that was replaced before the terminal took the one before is never encoded.
 *
 * <pre>
 *   IDLE --a frame differs, and one write does not take all of it--&gt; BLOCKED
 *   BLOCKED --the terminal has taken the rest--&gt; IDLE, and the newest frame is next
 * </pre>
 */
final class TerminalOutput {
  private static final int EAGAIN = Errno.EAGAIN.negated();
  private static final byte[] NOTHING = {};

  private final TerminalLine line;

  /** One of both is there. */
  private final @Nullable FrameEncoder encoder;

  private final PlainFrames plain = new PlainFrames();

  private Screen screen;

  /** The screen was drawn, and not encoded since. */
  private boolean isDrawn;

  private byte[] pending = NOTHING;
  private int pendingFrom;
  private int pendingTo;
  private long takenBytes;
  private int failure;
  private long written;
  private long skipped;

  /**
   * @param encoder null for what understands no sequences
   */
  TerminalOutput(TerminalLine line, TerminalSize size, @Nullable FrameEncoder encoder) {
    this.line = line;
    this.encoder = encoder;
    this.screen = Screen.of(size);
  }

  /** A blank screen to draw the next frame on. */
  Screen begin(TerminalSize size) {
    if (screen.columns() == size.columns() && screen.rows() == size.rows()) {
      screen.clear();
    } else {
      screen = Screen.of(size);
    }
    return screen;
  }

  /** What was drawn is to be shown. */
  void drawn() {
    skipped += isDrawn ? 1 : 0;
    isDrawn = true;
  }

  /** The terminal shows something else now: draws the newest frame anew. */
  void redraw() {
    if (encoder != null) {
      encoder.invalidate();
    }
    pendingTo = pendingFrom;
    isDrawn |= written > 0;
  }

  boolean isBlocked() {
    return pendingFrom < pendingTo;
  }

  /** What the terminal has taken, of all frames. */
  long takenBytes() {
    return takenBytes;
  }

  /** 0, or why writing has failed: for good. */
  int failure() {
    return failure;
  }

  /**
   * It takes no more.
   *
   * @param error a negative errno
   */
  void fail(int error) {
    if (failure == 0) {
      failure = error;
    }
  }

  /** Frames that were written. */
  long written() {
    return written;
  }

  /** Frames that were replaced by a newer one before anything of them was written. */
  long skipped() {
    return skipped;
  }

  /** Writes what there is to be written, as far as the terminal takes it. */
  void flush() {
    while (failure == 0) {
      if (isBlocked()) {
        int result = line.write(pending, pendingFrom, pendingTo - pendingFrom);
        if (result < 0) {
          if (result != EAGAIN) {
            failure = result;
          }
          break;
        }
        pendingFrom += result;
        takenBytes += result;
      } else if (isDrawn) {
        encode();
      } else {
        break;
      }
    }
    if (isBlocked() && failure == 0) {
      line.watch();
    }
  }

  private void encode() {
    isDrawn = false;
    FrameEncoder sequences = encoder;
    pendingFrom = 0;
    pendingTo = sequences == null ? plain.encode(screen) : sequences.encode(screen);
    pending = sequences == null ? plain.bytes() : sequences.bytes();
    written += pendingTo > 0 ? 1 : 0;
  }
}
