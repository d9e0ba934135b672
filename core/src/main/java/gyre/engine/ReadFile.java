package gyre.engine;

/** Reads into memory that the owner lends. The result is the number of bytes, 0 at the end. */
public abstract class ReadFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("read");

  /** Set before submit: lent until the end of the operation. */
  public long address;

  /** Set before submit. */
  public int length;

  /** Set before submit: or {@link FileCalls#AT_POSITION}, as for pipes and terminals. */
  public long offset = FileCalls.AT_POSITION;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return calls.read(descriptor, address, length, offset);
  }
}
