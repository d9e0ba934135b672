package gyre.engine;

/**
 * Writes memory that the owner lends. The result is the number of bytes, maybe fewer than asked.
 */
public abstract class WriteFile extends FileTransfer {
  public static final OperationKind KIND = OperationKind.named("write");

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return isVector
        ? calls.writeVector(descriptor, address, length, offset)
        : calls.write(descriptor, address, length, offset);
  }
}
