package gyre.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link TlsClient} behaves. Immutable; each method that takes a value gives a changed copy,
 * and throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class TlsClientOptions {
  private static final TlsClientOptions DEFAULTS = new TlsClientOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    @Nullable List<X509Certificate> trusted;
    @Nullable TlsIdentity identity;
    List<String> applicationProtocols = List.of();
    List<String> protocols = List.of(TlsProtocols.TLS_1_3, TlsProtocols.TLS_1_2);
    Duration handshakeTimeout = Duration.ofSeconds(10);
    TaskPlace tasks = TaskPlace.BY_KEY;
    boolean verifyHostName = true;

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

  private TlsClientOptions(Values values) {
    this.values = values;
  }

  /** The authorities of the JDK, the name of the host verified, TLS 1.3 and 1.2. */
  public static TlsClientOptions defaults() {
    return DEFAULTS;
  }

  private TlsClientOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new TlsClientOptions(changed);
  }

  /** Trust these authorities instead of those of the JDK. */
  public TlsClientOptions trust(List<X509Certificate> authorities) {
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("a client that trusts nobody reaches no server");
    }
    List<X509Certificate> all = List.copyOf(authorities);
    return with(v -> v.trusted = all);
  }

  /**
   * As {@link #trust(List)}, of a PEM file. Blocks.
   *
   * @throws PemException if the file is not what it should be
   */
  public TlsClientOptions trust(Path file) throws IOException {
    return trust(Pem.read(file).certificates());
  }

  /** What to show to servers that ask for a certificate. */
  public TlsClientOptions identity(TlsIdentity value) {
    Objects.requireNonNull(value, "identity");
    return with(v -> v.identity = value);
  }

  /** What this client speaks inside, the preferred one first. */
  public TlsClientOptions applicationProtocols(String... names) {
    List<String> all = List.of(names);
    return with(v -> v.applicationProtocols = all);
  }

  /** {@code TLSv1.3} and {@code TLSv1.2} by default; there are no others. */
  public TlsClientOptions protocols(String... names) {
    List<String> all = TlsProtocols.checked(names);
    return with(v -> v.protocols = all);
  }

  /** 10 s by default. */
  public TlsClientOptions handshakeTimeout(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("handshakeTimeout " + value + " is not above zero");
    }
    return with(v -> v.handshakeTimeout = value);
  }

  /** Where chains are checked; {@link TaskPlace#BY_KEY}, the default, is on the loop here. */
  public TlsClientOptions tasks(TaskPlace place) {
    Objects.requireNonNull(place, "tasks");
    return with(v -> v.tasks = place);
  }

  /**
   * Whether the certificate has to be of the name that was asked for; on unless said otherwise.
   * Without it anybody with a certificate of a trusted authority passes for the server.
   */
  public TlsClientOptions verifyHostName(boolean on) {
    return with(v -> v.verifyHostName = on);
  }

  // ---- what is set

  /** Null for the authorities of the JDK. */
  public @Nullable List<X509Certificate> trusted() {
    return values.trusted;
  }

  public @Nullable TlsIdentity identity() {
    return values.identity;
  }

  public List<String> applicationProtocols() {
    return values.applicationProtocols;
  }

  public List<String> protocols() {
    return values.protocols;
  }

  public Duration handshakeTimeout() {
    return values.handshakeTimeout;
  }

  public TaskPlace tasks() {
    return values.tasks;
  }

  public boolean verifyHostName() {
    return values.verifyHostName;
  }

  @Override
  public String toString() {
    return "TlsClientOptions[protocols="
        + values.protocols
        + ", verifyHostName="
        + values.verifyHostName
        + "]";
  }
}
