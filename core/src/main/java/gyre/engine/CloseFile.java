package gyre.engine;

/** Closes a descriptor, which may take long. It is closed whatever the result is. */
public abstract class CloseFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("close");

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.close(descriptor);
  }
}
