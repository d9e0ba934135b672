package gyre.engine;

/** Has the device keep room for a part of a file, so that no write there fails for want of it. */
public abstract class AllocateFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("allocate");

  // Set before submit.

  public long offset;
  public long bytes;

  /** The size of the file stays as it is, also where the room is beyond its end. */
  public boolean keepsSize;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.allocate(descriptor, keepsSize, offset, bytes);
  }
}
