package gyre.engine;

/** Makes a FIFO. */
public abstract class MakeFifo extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("make-fifo");

  /** Set before submit: without a zero at its end. */
  public byte[] path = {};

  /** Set before submit: its permissions, less those of the umask. */
  public int mode = 0600;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.makeFifo(path, mode);
  }
}
