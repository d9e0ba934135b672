package gyre.engine;

/** Asks what a file is. The result is 0. */
public abstract class StatFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("stat");

  /** Set before submit: of the directory that a relative path starts at. */
  public int directory = FileCalls.WORKING_DIRECTORY;

  /** Set before submit: without a zero at its end; empty for what {@link #directory} itself is. */
  public byte[] path = {};

  /** Set before submit: tell of a symbolic link itself, and not of what it leads to. */
  public boolean isLinkItself;

  /** The answer. */
  public final FileStatus status = new FileStatus();

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.stat(directory, path, isLinkItself, status);
  }
}
