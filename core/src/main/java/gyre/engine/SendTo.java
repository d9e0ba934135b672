package gyre.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Sends one datagram. */
public abstract class SendTo extends Operation {
  public static final OperationKind KIND = OperationKind.named("sendTo");

  /** Set before submit; null on a connected socket. */
  public @Nullable SocketAddress target;

  /** As in {@link Send#gather}; no entry at all is an empty datagram. */
  public abstract int gather(Vector vector);

  /** Terminal. Bytes sent or -errno. */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
