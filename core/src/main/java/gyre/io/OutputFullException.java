package gyre.io;

/**
 * A callback has written more than may wait to be sent. Nothing of that write was taken, and the
 * stream is as usable as before: stop when {@link ByteStream#isWritable} is false, and go on in
 * {@link DataHandler#onDrained}.
 */
public final class OutputFullException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public OutputFullException(String message) {
    super(message);
  }
}
