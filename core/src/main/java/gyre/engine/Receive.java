package gyre.engine;

/**
 * Receives from a stream until end, failure or cancel, into memory that the engine chooses, so that
 * an idle stream owns no buffer.
 *
 * <p>Cancelling it is how reading is paused: what had arrived already may still be delivered before
 * the terminal {@code stopped(-ECANCELED)}, nothing is lost, and submitting again goes on.
 */
public abstract class Receive extends Operation {
  public static final OperationKind KIND = OperationKind.named("receive");

  /**
   * Set before submit: expect a few bytes now and then on very many descriptors. An engine that has
   * a way which is cheaper for just that may take it; nothing else changes.
   */
  public boolean sparse;

  /**
   * Set before submit: memory is scarce, so ask {@link #allowance} before each receive. An engine
   * that lets the kernel choose memory and amount may otherwise do without asking.
   */
  public boolean exact;

  /**
   * How many bytes the owner could take right now. The engine asks before it receives; what it has
   * received already, or the kernel on its behalf, is delivered nevertheless. Where the answer is 0
   * the owner has cancelled this operation within the call.
   */
  public int allowance() {
    return Integer.MAX_VALUE;
  }

  /**
   * Bytes arrived. The callee owns one reference of {@code block} and must {@link Block#release} it
   * when it is done with this slice.
   */
  public abstract void received(Block block, int offset, int length);

  /** Terminal. 0 at the end of the stream, else a negative errno. */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
