package gyre.net;

/**
 * What a socket has done so far.
 *
 * @param received datagrams taken from the kernel
 * @param sent datagrams handed to the kernel
 * @param dropped received, but given up because the limits of the socket were exceeded; what the
 *     kernel drops while receiving pauses is not among them
 * @param truncated received, and longer than allowed
 * @param failedSends not sent, each told to whoever sent it
 * @param pauses times that receiving paused because the limits of the socket were reached
 */
public record UdpStatistics(
    long received, long sent, long dropped, long truncated, long failedSends, long pauses) {}
