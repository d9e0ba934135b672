package gyre.engine;

/**
 * Sends the front of a queue of bytes. At most one is in flight per stream, otherwise bytes could
 * be reordered.
 */
public abstract class Send extends Operation {
  public static final OperationKind KIND = OperationKind.named("send");

  /**
   * Set before submit: somebody waits for the end of just this send. Set it also where more waits
   * behind what one gather takes, or the rest would stay where it is until then. Where it is false
   * the engine may do without a completion and learn of the success when an {@link Engine#await}
   * ends for another reason. So whoever begins to wait for a send that is active already wakes the
   * engine ({@link Engine#hurry}), which makes the next await end at once.
   */
  public boolean awaited;

  /**
   * Tells what to send, in order. Called by the engine when it is about to hand the bytes to the
   * kernel, and again each time it has to retry; the answer must be the same until {@link #ended}.
   * The memory must stay as it is until then.
   *
   * @return the number of entries written, at least 1
   */
  public abstract int gather(Vector vector);

  /**
   * Terminal. The number of bytes taken by the kernel, maybe fewer than gathered, or -errno. Of
   * these {@code -EAGAIN} means that there is no space at present: the owner may move its bytes
   * elsewhere, and submits again, which then waits for space.
   */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
