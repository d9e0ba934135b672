package gyre.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Sends one datagram. */
public abstract non-sealed class SendTo extends Operation {
  /** Set before submit; null on a connected socket. */
  public @Nullable SocketAddress target;

  /** As in {@link Send#gather}; no entry at all is an empty datagram. */
  public abstract int gather(Vector vector);

  /** Terminal. Bytes sent or -errno. */
  public abstract void sent(int result);
}
