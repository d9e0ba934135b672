package gyre.engine;

/** Opens a file. The result is its descriptor, which the owner has to close. */
public abstract class OpenFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("open");

  /** Set before submit: of the directory that a relative path starts at. */
  public int directory = FileCalls.WORKING_DIRECTORY;

  /** Set before submit: without a zero at its end. */
  public byte[] path = {};

  /** Set before submit: {@link FileFlags}; close-on-exec comes by itself. */
  public int flags;

  /** Set before submit: permissions of a file that is made. */
  public int mode = 0666;

  /**
   * Set before submit: nothing outside of {@link #directory} may be reached by the path, whoever
   * changes what meanwhile; {@code EXDEV} instead.
   */
  public boolean isBelow;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return isBelow
        ? calls.openBelow(directory, path, flags, mode)
        : calls.open(directory, path, flags, mode);
  }

  /** A file that nobody wants any more. */
  @Override
  public final void dropped(int result, FileCalls calls) {
    if (result >= 0) {
      int ignored = calls.close(result);
    }
  }
}
