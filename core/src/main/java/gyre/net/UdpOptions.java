package gyre.net;

/**
 * How a datagram socket behaves. Immutable; each method gives a changed copy.
 *
 * @param reuseAddress let others bind the same address, as receivers of one group do
 * @param reusePort let several sockets share the port, among which the kernel spreads what comes
 * @param broadcast allow to send to broadcast addresses
 * @param sendBufferBytes the kernel's buffer; 0 leaves it to the kernel
 * @param receiveBufferBytes likewise; what comes while it is full the kernel drops
 * @param maxDatagramBytes longer datagrams are cut, and said to be
 * @param receiveLimitDatagrams receiving pauses while so many are received and not consumed
 * @param receiveLimitBytes likewise, in bytes
 * @param sendSlots datagrams in flight at most; further senders park until one is sent
 */
public record UdpOptions(
    boolean reuseAddress,
    boolean reusePort,
    boolean broadcast,
    int sendBufferBytes,
    int receiveBufferBytes,
    int maxDatagramBytes,
    int receiveLimitDatagrams,
    int receiveLimitBytes,
    int sendSlots) {
  private static final UdpOptions DEFAULTS =
      new UdpOptions(false, false, false, 0, 0, 65_536, 1024, 256 * 1024, 32);

  /** Checks the values. */
  public UdpOptions {
    within("sendBufferBytes", sendBufferBytes, 0, Integer.MAX_VALUE);
    within("receiveBufferBytes", receiveBufferBytes, 0, Integer.MAX_VALUE);
    within("maxDatagramBytes", maxDatagramBytes, 1, 65_536);
    within("receiveLimitDatagrams", receiveLimitDatagrams, 1, 65_536);
    within("receiveLimitBytes", receiveLimitBytes, 1, 1 << 30);
    within("sendSlots", sendSlots, 1, 1024);
  }

  public static UdpOptions defaults() {
    return DEFAULTS;
  }

  /** All of it, to be changed. */
  private static final class Values {
    boolean reuseAddress;
    boolean reusePort;
    boolean broadcast;
    int sendBufferBytes;
    int receiveBufferBytes;
    int maxDatagramBytes;
    int receiveLimitDatagrams;
    int receiveLimitBytes;
    int sendSlots;

    Values(UdpOptions from) {
      reuseAddress = from.reuseAddress;
      reusePort = from.reusePort;
      broadcast = from.broadcast;
      sendBufferBytes = from.sendBufferBytes;
      receiveBufferBytes = from.receiveBufferBytes;
      maxDatagramBytes = from.maxDatagramBytes;
      receiveLimitDatagrams = from.receiveLimitDatagrams;
      receiveLimitBytes = from.receiveLimitBytes;
      sendSlots = from.sendSlots;
    }

    UdpOptions options() {
      return new UdpOptions(
          reuseAddress,
          reusePort,
          broadcast,
          sendBufferBytes,
          receiveBufferBytes,
          maxDatagramBytes,
          receiveLimitDatagrams,
          receiveLimitBytes,
          sendSlots);
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private UdpOptions with(Change change) {
    Values changed = new Values(this);
    change.apply(changed);
    return changed.options();
  }

  public UdpOptions reuseAddress(boolean reuseAddress) {
    return with(v -> v.reuseAddress = reuseAddress);
  }

  public UdpOptions reusePort(boolean reusePort) {
    return with(v -> v.reusePort = reusePort);
  }

  public UdpOptions broadcast(boolean broadcast) {
    return with(v -> v.broadcast = broadcast);
  }

  public UdpOptions sendBufferBytes(int sendBufferBytes) {
    return with(v -> v.sendBufferBytes = sendBufferBytes);
  }

  public UdpOptions receiveBufferBytes(int receiveBufferBytes) {
    return with(v -> v.receiveBufferBytes = receiveBufferBytes);
  }

  public UdpOptions maxDatagramBytes(int maxDatagramBytes) {
    return with(v -> v.maxDatagramBytes = maxDatagramBytes);
  }

  public UdpOptions receiveLimitDatagrams(int receiveLimitDatagrams) {
    return with(v -> v.receiveLimitDatagrams = receiveLimitDatagrams);
  }

  public UdpOptions receiveLimitBytes(int receiveLimitBytes) {
    return with(v -> v.receiveLimitBytes = receiveLimitBytes);
  }

  public UdpOptions sendSlots(int sendSlots) {
    return with(v -> v.sendSlots = sendSlots);
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
  }
}
