package gyre.net;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a datagram socket behaves. Immutable; each method that takes a value gives a changed copy,
 * and throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class UdpOptions {
  private static final UdpOptions DEFAULTS = new UdpOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    boolean reuseAddress;
    boolean reusePort;
    boolean broadcast;
    int sendBufferBytes;
    int receiveBufferBytes;
    int maxDatagramBytes = 65_536;
    int receiveLimitDatagrams = 1024;
    int receiveLimitBytes = 256 * 1024;
    int sendSlots = 32;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private UdpOptions(Values values) {
    this.values = values;
  }

  /** Up to 32 datagrams in flight, and 1,024 or 256 KiB that wait to be received. */
  public static UdpOptions defaults() {
    return DEFAULTS;
  }

  private UdpOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new UdpOptions(changed);
  }

  /** Let others bind the same address, as receivers of one group do. */
  public UdpOptions reuseAddress(boolean on) {
    return with(v -> v.reuseAddress = on);
  }

  /** Let several sockets share the port, among which the kernel spreads what comes. */
  public UdpOptions reusePort(boolean on) {
    return with(v -> v.reusePort = on);
  }

  /** Allow to send to broadcast addresses. */
  public UdpOptions broadcast(boolean on) {
    return with(v -> v.broadcast = on);
  }

  /** The kernel's buffer for sending; 0, the default, leaves it to the kernel. */
  public UdpOptions sendBufferBytes(int value) {
    Checks.atLeast("sendBufferBytes", value, 0);
    return with(v -> v.sendBufferBytes = value);
  }

  /**
   * The kernel's buffer for receiving; 0, the default, leaves it to the kernel. What comes while it
   * is full the kernel drops.
   */
  public UdpOptions receiveBufferBytes(int value) {
    Checks.atLeast("receiveBufferBytes", value, 0);
    return with(v -> v.receiveBufferBytes = value);
  }

  /** Longer datagrams are cut, and said to be; by default none is. */
  public UdpOptions maxDatagramBytes(int value) {
    Checks.between("maxDatagramBytes", value, 1, 65_536);
    return with(v -> v.maxDatagramBytes = value);
  }

  /** Receiving pauses while so many are received and not consumed; 1,024 by default. */
  public UdpOptions receiveLimitDatagrams(int value) {
    Checks.between("receiveLimitDatagrams", value, 1, 65_536);
    return with(v -> v.receiveLimitDatagrams = value);
  }

  /** Receiving pauses while so much is received and not consumed; 256 KiB by default. */
  public UdpOptions receiveLimitBytes(int value) {
    Checks.between("receiveLimitBytes", value, 1, 1 << 30);
    return with(v -> v.receiveLimitBytes = value);
  }

  /** Datagrams in flight at most; further senders park until one is sent. 32 by default. */
  public UdpOptions sendSlots(int value) {
    Checks.between("sendSlots", value, 1, 1024);
    return with(v -> v.sendSlots = value);
  }

  // ---- what is set

  public boolean reuseAddress() {
    return values.reuseAddress;
  }

  public boolean reusePort() {
    return values.reusePort;
  }

  public boolean broadcast() {
    return values.broadcast;
  }

  public int sendBufferBytes() {
    return values.sendBufferBytes;
  }

  public int receiveBufferBytes() {
    return values.receiveBufferBytes;
  }

  public int maxDatagramBytes() {
    return values.maxDatagramBytes;
  }

  public int receiveLimitDatagrams() {
    return values.receiveLimitDatagrams;
  }

  public int receiveLimitBytes() {
    return values.receiveLimitBytes;
  }

  public int sendSlots() {
    return values.sendSlots;
  }

  private List<Object> all() {
    Values v = values;
    return List.of(
        v.reuseAddress,
        v.reusePort,
        v.broadcast,
        v.sendBufferBytes,
        v.receiveBufferBytes,
        v.maxDatagramBytes,
        v.receiveLimitDatagrams,
        v.receiveLimitBytes,
        v.sendSlots);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UdpOptions options && all().equals(options.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "UdpOptions" + all();
  }
}
