package gyre.lab.program;

import java.util.Arrays;

/**
 * The work of {@code codecs}: a stream of frames of 1 KiB has arrived in pieces of 16 KiB, and each
 * frame is made an array of its own. All are decoded again and again, so that the time of a frame
 * is that of finding and copying it. The last byte of each is looked at.
 */
final class CodecRound implements Round {
  static final int FRAME_BYTES = 1024;
  private static final int FRAMES = 1024;
  private static final int PIECE_BYTES = 16 * 1024;

  /** What a library does with the pieces. */
  interface Decoding {
    /** Takes what has arrived, decodes what is whole; a sum of the frames' last bytes. */
    long decode(byte[] piece, int length);
  }

  private final Decoding decoding;
  private final byte[] wire;
  private final long expected;
  private final int passes;

  private CodecRound(Decoding decoding, byte[] wire, int passes) {
    this.decoding = decoding;
    this.wire = wire;
    this.passes = passes;
    this.expected = (long) FRAMES * 'x';
  }

  static CodecRound of(Options options, Decoding decoding) {
    boolean isLines = isLines(options);
    byte[] frame = new byte[FRAME_BYTES + (isLines ? 1 : 4)];
    Arrays.fill(frame, (byte) 'x');
    if (isLines) {
      frame[FRAME_BYTES] = '\n';
    } else {
      byte[] length = {0, 0, FRAME_BYTES >>> 8, 0};
      System.arraycopy(length, 0, frame, 0, length.length);
    }
    byte[] wire = new byte[FRAMES * frame.length];
    for (int i = 0; i < FRAMES; i++) {
      System.arraycopy(frame, 0, wire, i * frame.length, frame.length);
    }
    return new CodecRound(decoding, wire, options.number("passes", 10));
  }

  static boolean isLines(Options options) {
    String variant = options.text("variant", "lines");
    return switch (variant) {
      case "lines" -> true;
      case "length" -> false;
      default -> throw new IllegalArgumentException("no variant '" + variant + "'");
    };
  }

  @Override
  public void run(Figures figures) {
    byte[] piece = new byte[PIECE_BYTES];
    long wrong = 0;
    long start = System.nanoTime();
    for (int pass = 0; pass < passes; pass++) {
      long sum = 0;
      for (int at = 0; at < wire.length; at += PIECE_BYTES) {
        int length = Math.min(PIECE_BYTES, wire.length - at);
        System.arraycopy(wire, at, piece, 0, length); // as the kernel does
        sum += decoding.decode(piece, length);
      }
      wrong += sum == expected ? 0 : 1;
    }
    long elapsed = System.nanoTime() - start;
    figures.put("ops", (long) passes * FRAMES);
    figures.put("elapsedNanos", elapsed);
    figures.put("errors", wrong);
  }

  static long lastByte(byte[] frame) {
    if (frame.length != FRAME_BYTES) {
      throw new IllegalStateException("a frame of " + frame.length + " bytes");
    }
    return frame[FRAME_BYTES - 1];
  }
}
