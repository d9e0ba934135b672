package gyre.net;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a listener behaves. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class ListenOptions {
  static final int PERMISSIONS_OF_UMASK = -1;
  private static final int PERMISSIONS_MASK = 0777;

  private static final ListenOptions DEFAULTS = new ListenOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    int backlog = 4096;
    boolean reusePort;
    int maxConnections = Integer.MAX_VALUE;
    Duration drainTimeout = Duration.ofSeconds(10);
    StreamOptions stream = StreamOptions.defaults();
    int permissions = PERMISSIONS_OF_UMASK;
    @Nullable HandedListener adopted;

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

  private ListenOptions(Values values) {
    this.values = values;
  }

  /** A backlog of 4,096, any number of connections, and 10 s for them to end. */
  public static ListenOptions defaults() {
    return DEFAULTS;
  }

  private ListenOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new ListenOptions(changed);
  }

  /** Connections that the kernel holds until they are accepted; 4,096 by default. */
  public ListenOptions backlog(int value) {
    Checks.atLeast("backlog", value, 1);
    return with(v -> v.backlog = value);
  }

  /**
   * TCP only: let several listeners share the port, among which the kernel spreads the connections.
   */
  public ListenOptions reusePort(boolean on) {
    return with(v -> v.reusePort = on);
  }

  /** Accepting pauses while so many connections are served; without limit by default. */
  public ListenOptions maxConnections(int value) {
    Checks.atLeast("maxConnections", value, 1);
    return with(v -> v.maxConnections = value);
  }

  /**
   * How long connections may go on with what they are doing when the server is closed, before they
   * are reset; 10 s by default.
   */
  public ListenOptions drainTimeout(Duration value) {
    Checks.notNegative("drainTimeout", value);
    return with(v -> v.drainTimeout = value);
  }

  /** Options of the accepted streams. */
  public ListenOptions stream(StreamOptions value) {
    Objects.requireNonNull(value, "stream");
    return with(v -> v.stream = value);
  }

  /**
   * Unix only: permissions of the file, as in {@code 0600}, whatever the process's umask is. It has
   * them before anybody can connect: to do so takes the right to write. By default the umask
   * decides.
   */
  public ListenOptions permissions(int value) {
    if ((value & ~PERMISSIONS_MASK) != 0) {
      throw new IllegalArgumentException(
          "permissions is 0" + Integer.toOctalString(value) + ": must be from 0 to 0777");
    }
    return with(v -> v.permissions = value);
  }

  /**
   * Goes on with a listening socket that another process has handed over, instead of opening one;
   * the address to listen on is not looked at then. For TCP, and for one listener.
   */
  public ListenOptions adopt(HandedListener listener) {
    return with(v -> v.adopted = listener);
  }

  // ---- what is set

  @Nullable HandedListener adopted() {
    return values.adopted;
  }

  public int backlog() {
    return values.backlog;
  }

  public boolean reusePort() {
    return values.reusePort;
  }

  public int maxConnections() {
    return values.maxConnections;
  }

  public Duration drainTimeout() {
    return values.drainTimeout;
  }

  public StreamOptions stream() {
    return values.stream;
  }

  /** Of the file of a Unix socket; negative if the umask decides. */
  public int permissions() {
    return values.permissions;
  }

  private List<Object> all() {
    Values v = values;
    return List.of(
        v.backlog, v.reusePort, v.maxConnections, v.drainTimeout, v.stream, v.permissions);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ListenOptions options && all().equals(options.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "ListenOptions" + all();
  }
}
