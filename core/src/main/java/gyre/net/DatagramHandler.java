package gyre.net;

import gyre.io.ByteQueue;
import java.net.InetSocketAddress;

/**
 * Takes what a socket receives, in push style. All methods run in a fiber of the loop, one at a
 * time for each socket. What they throw is reported with the socket's name, and the socket goes on:
 * one bad datagram is no reason to be deaf to the others.
 */
@FunctionalInterface
public interface DatagramHandler {
  /**
   * A datagram has arrived. The payload, which may be empty, is lent for the time of the call; what
   * is not taken from it then is dropped. Handing it to {@link UdpSocket#send(ByteQueue,
   * InetSocketAddress)} sends it without copying.
   */
  void onDatagram(ByteQueue payload, InetSocketAddress source) throws Exception;

  /**
   * A datagram has arrived that was longer than {@link UdpOptions#maxDatagramBytes}, and this is
   * its start. By default it is dropped; {@link UdpStatistics#truncated} counts it in any case.
   */
  default void onTruncated(ByteQueue start, InetSocketAddress source) throws Exception {}

  /**
   * Something that nobody waited for has failed: a datagram sent from a callback or by {@link
   * UdpSocket#trySend}, or the peer of a connected socket has refused an earlier one. The socket
   * goes on. Failures between two calls are told as one; {@link UdpStatistics} counts them. By
   * default nothing happens: that datagrams get lost is normal.
   */
  default void onFailure(UdpSocket socket, NetworkException failure) throws Exception {}
}
