package gyre.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Receives datagrams until failure or cancel, into memory that the engine chooses. */
public abstract class ReceiveFrom extends Operation {
  public static final OperationKind KIND = OperationKind.named("receiveFrom");

  /** Set before submit: datagrams longer than this are cut, and said to be. */
  public int maxLengthBytes = 65_536;

  /**
   * One datagram, possibly empty. The callee owns one reference of {@code block}.
   *
   * @param source who sent it; null where the kernel names none (unnamed Unix sockets)
   * @param truncated the datagram was longer than the space for it
   */
  public abstract void received(
      Block block, int offset, int length, @Nullable SocketAddress source, boolean truncated);

  /** Terminal: negative errno. */
  @Override
  public abstract void ended(int result);

  @Override
  public final OperationKind kind() {
    return KIND;
  }
}
