package gyre.engine;

/**
 * Any call on files that no kernel can do without a thread that waits. The result is what the call
 * answers.
 */
public abstract class CallFile extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("call");

  /** What is to be done, on a helper thread. */
  public interface Call {
    int on(FileCalls calls);
  }

  /** Set before submit. */
  public Call call = calls -> Errno.EINVAL.negated();

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return call.on(calls);
  }
}
