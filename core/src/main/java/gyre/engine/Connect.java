package gyre.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Connects a descriptor to {@link #target}. */
public abstract non-sealed class Connect extends Operation {
  /**
   * Set before submit: an {@code InetSocketAddress} (resolved) or {@code UnixDomainSocketAddress}.
   */
  public @Nullable SocketAddress target;

  /**
   * Terminal. {@code result} is 0 or a negative errno. An engine that can't wait for room in the
   * full backlog of a Unix listener says {@code -ECONNREFUSED}, as other systems do.
   */
  public abstract void connected(int result);
}
