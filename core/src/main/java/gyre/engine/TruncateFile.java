package gyre.engine;

/** Makes a file shorter, or longer by zeros. The result is 0. */
public abstract class TruncateFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("truncate");

  /** Set before submit. */
  public long sizeBytes;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.truncate(descriptor, sizeBytes);
  }
}
