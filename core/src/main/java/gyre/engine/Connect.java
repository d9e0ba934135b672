package gyre.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Connects a descriptor to {@link #target}. */
public abstract class Connect extends Operation {
  public static final OperationKind KIND = OperationKind.named("connect");

  /**
   * Set before submit: an {@code InetSocketAddress} (resolved) or {@code UnixDomainSocketAddress}.
   */
  public @Nullable SocketAddress target;

  /**
   * Terminal. {@code result} is 0 or a negative errno. An engine that can't wait for room in the
   * full backlog of a Unix listener says {@code -ECONNREFUSED}, as other systems do.
   */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
