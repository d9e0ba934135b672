package gyre.net;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * A datagram that belongs to whoever has it: received as such, or to be sent by {@link
 * UdpSocket#sendAll}.
 *
 * @param address where it came from, or goes to
 * @param payload what remains in the buffer; may be empty
 * @param truncated it was longer than {@link UdpOptions#maxDatagramBytes}, and this is its start
 */
public record Datagram(InetSocketAddress address, ByteBuffer payload, boolean truncated) {
  /** A datagram to be sent. */
  public static Datagram to(InetSocketAddress address, ByteBuffer payload) {
    return new Datagram(address, payload, false);
  }
}
