package gyre.engine;

/**
 * Writes memory that the owner lends. The result is the number of bytes, maybe fewer than asked.
 */
public abstract class WriteFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("write");

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
    return calls.write(descriptor, address, length, offset);
  }
}
