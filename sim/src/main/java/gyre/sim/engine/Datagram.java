package gyre.sim.engine;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A datagram that has arrived and was not received.
 *
 * @param source null if the sender has no name
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Datagram(byte[] bytes, @Nullable SocketAddress source) {}
