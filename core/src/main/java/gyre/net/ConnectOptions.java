package gyre.net;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is made. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class ConnectOptions {
  private static final ConnectOptions DEFAULTS = new ConnectOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    Duration timeout = Duration.ofSeconds(10);
    Duration attemptDelay = Duration.ofMillis(250);
    @Nullable Resolver resolver;
    @Nullable InetAddress source;
    boolean isTransparent;

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

  private ConnectOptions(Values values) {
    this.values = values;
  }

  /** 10 s, and 250 ms between the addresses of a name. */
  public static ConnectOptions defaults() {
    return DEFAULTS;
  }

  private ConnectOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new ConnectOptions(changed);
  }

  /** For all of it, looking up the name included; zero is off, 10 s the default. */
  public ConnectOptions timeout(Duration value) {
    Checks.notNegative("timeout", value);
    return with(v -> v.timeout = value);
  }

  /**
   * How long one address of a name is tried alone before the next is tried beside it; 250 ms by
   * default.
   */
  public ConnectOptions attemptDelay(Duration value) {
    Checks.notNegative("attemptDelay", value);
    return with(v -> v.attemptDelay = value);
  }

  /** Who looks up names; by default the JDK's resolver, on a helper thread. */
  public ConnectOptions resolver(Resolver value) {
    return with(v -> v.resolver = value);
  }

  /**
   * Connect from this address of this machine; by default the one that the route chooses. Targets
   * of the other family can't be connected to then.
   */
  public ConnectOptions from(InetAddress source) {
    Objects.requireNonNull(source, "source");
    return with(v -> v.source = source);
  }

  /**
   * As {@link #from}, where the address may be another machine's: that of a client which is spoken
   * for. On Linux, with the capability CAP_NET_ADMIN; what the target sends back has to be routed
   * to this machine. Without that the connect fails with EPERM.
   */
  public ConnectOptions fromForeign(InetAddress source) {
    return from(source).with(v -> v.isTransparent = true);
  }

  // ---- what is set

  public Duration timeout() {
    return values.timeout;
  }

  public Duration attemptDelay() {
    return values.attemptDelay;
  }

  /** Null where the route chooses. */
  public @Nullable InetAddress source() {
    return values.source;
  }

  /** Whether the source may be another machine's. */
  public boolean isTransparent() {
    return values.isTransparent;
  }

  /** Null where the JDK's resolver is asked. */
  @Nullable Resolver resolver() {
    return values.resolver;
  }

  private List<@Nullable Object> all() {
    Values v = values;
    return Arrays.asList(v.timeout, v.attemptDelay, v.resolver, v.source, v.isTransparent);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConnectOptions options && all().equals(options.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "ConnectOptions" + all();
  }
}
