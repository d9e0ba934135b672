package gyre.io;

/**
 * The bytes that were received are no message, or one that is longer than the limit allows. What is
 * behind it can't be read, as nobody knows where it begins.
 *
 * <pre>
 * decode netstring: byte 517: ':' expected after the length, not 'x'
 * decode line of tcp-stream-7 (192.0.2.1:40112): byte 0: no end of line within 8192 bytes
 * </pre>
 */
public final class DecodeException extends IoException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final long offset;
  private final String detail;
  private final boolean tooLong;

  private DecodeException(String what, String source, long offset, String detail, boolean tooLong) {
    super("decode", what + source, "byte " + offset + ": " + detail, 0);
    this.what = what;
    this.offset = offset;
    this.detail = detail;
    this.tooLong = tooLong;
  }

  /**
   * For decoders.
   *
   * @param what kind of message, for example {@code netstring}
   * @param offset of the byte that is wrong, counted from the first that the decoder was given
   */
  public static DecodeException malformed(String what, long offset, String detail) {
    return new DecodeException(what, "", offset, detail, false);
  }

  /** For decoders: a message is longer than the limit; see {@link #malformed}. */
  public static DecodeException tooLong(String what, long offset, String detail) {
    return new DecodeException(what, "", offset, detail, true);
  }

  /** The same, of a stream with this name. */
  DecodeException of(String stream) {
    DecodeException named = new DecodeException(what, " of " + stream, offset, detail, tooLong);
    named.setStackTrace(getStackTrace());
    return named;
  }

  /** Of the byte that is wrong, counted from the first that the decoder was given. */
  public long offset() {
    return offset;
  }

  /** Whether the message is longer than the limit, and maybe right otherwise. */
  public boolean isTooLong() {
    return tooLong;
  }
}
