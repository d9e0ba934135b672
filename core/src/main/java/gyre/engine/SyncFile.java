package gyre.engine;

/** Waits until what was written is on the device. The result is 0. */
public abstract class SyncFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("sync");

  /** Set before submit: what is needed to find the data again, and no more. */
  public boolean dataOnly;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.sync(descriptor, dataOnly);
  }
}
