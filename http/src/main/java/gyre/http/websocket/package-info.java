/**
 * WebSocket (RFC 6455) with compression (RFC 7692), server and client, in direct and push style.
 *
 * <p>Lowest first: {@code FrameParser} understands bytes, without any I/O, and {@code FrameHead}
 * makes them; {@code Connection} is a WebSocket on a stream, with {@code Outgoing}, {@code
 * Liveness} and, in direct style, {@code Inbox}; {@code LoopShare} is what all WebSockets of a loop
 * use in turn, its compressors among it.
 */
@NullMarked
package gyre.http.websocket;

import org.jspecify.annotations.NullMarked;
