package gyre.engine;

/** Reads into memory that the owner lends. The result is the number of bytes, 0 at the end. */
public abstract class ReadFile extends FileTransfer {
  public static final OperationKind KIND = OperationKind.named("read");

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return isVector
        ? calls.readVector(descriptor, address, length, offset)
        : calls.read(descriptor, address, length, offset);
  }
}
