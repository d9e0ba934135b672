package gyre.http.websocket;

import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How WebSockets behave. All limits are on by default. Immutable; each method that takes a value
 * gives a changed copy, and throws {@link IllegalArgumentException} for one that makes no sense.
 */
public final class WebSocketOptions {
  private static final WebSocketOptions DEFAULTS = new WebSocketOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    long messageBytes = 64 * 1024;
    long backlogBytes = 1024 * 1024;
    int controlFramesPerSecond = 200;
    int inflationRatio = 100;
    Duration pingInterval = Duration.ofSeconds(30);
    Duration pongTimeout = Duration.ofSeconds(20);
    Duration idleTimeout = Duration.ofHours(1);
    Duration closeTimeout = Duration.ofSeconds(5);
    Duration handshakeTimeout = Duration.ofSeconds(10);
    boolean compression = true;
    boolean contextTakeover = true;
    int compressFromBytes = 64;
    int deflaters = 32;
    OriginRule origins = new OriginRule.Same();
    List<String> subprotocols = List.of();
    Map<String, String> headers = Map.of();
    StreamOptions stream = StreamOptions.defaults();
    ConnectOptions connect = ConnectOptions.defaults();
    @Nullable RandomGenerator random;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Made by the first client, since that takes a while. */
  private static final class Secure {
    static final SecureRandom RANDOM = new SecureRandom();
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private WebSocketOptions(Values values) {
    this.values = values;
  }

  /** As each method says. */
  public static WebSocketOptions defaults() {
    return DEFAULTS;
  }

  private WebSocketOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new WebSocketOptions(changed);
  }

  // ---- limits

  /** What a message may have, on its way and inflated; 64 KiB. Beyond it: closed with 1009. */
  public WebSocketOptions messageBytes(long value) {
    Checks.between("messageBytes", value, 1, Integer.MAX_VALUE - 16L);
    return with(v -> v.messageBytes = value);
  }

  /** What may wait to be sent in push style, beside the stream's own output; 1 MiB. */
  public WebSocketOptions backlogBytes(long value) {
    Checks.between("backlogBytes", value, 0, 1L << 40);
    return with(v -> v.backlogBytes = value);
  }

  /** Pings, pongs and the like, in a second; 200. Beyond it: closed with 1008. */
  public WebSocketOptions controlFramesPerSecond(int value) {
    Checks.between("controlFramesPerSecond", value, 1, 1_000_000);
    return with(v -> v.controlFramesPerSecond = value);
  }

  /** How many bytes one may inflate to, beyond the first 64 KiB of a message; 100. */
  public WebSocketOptions inflationRatio(int value) {
    Checks.between("inflationRatio", value, 1, 2000);
    return with(v -> v.inflationRatio = value);
  }

  // ---- time

  /** A peer from which nothing came for so long is pinged; 30 s. */
  public WebSocketOptions pingInterval(Duration value) {
    Checks.positive("pingInterval", value);
    return with(v -> v.pingInterval = value);
  }

  /** A peer that is silent for so long after a ping is dead, and the connection reset; 20 s. */
  public WebSocketOptions pongTimeout(Duration value) {
    Checks.positive("pongTimeout", value);
    return with(v -> v.pongTimeout = value);
  }

  /** Closed with 1001 where no message went in either direction for so long; an hour. */
  public WebSocketOptions idleTimeout(Duration value) {
    Checks.positive("idleTimeout", value);
    return with(v -> v.idleTimeout = value);
  }

  /** How long the peer has to answer a close frame; 5 s. */
  public WebSocketOptions closeTimeout(Duration value) {
    Checks.positive("closeTimeout", value);
    return with(v -> v.closeTimeout = value);
  }

  /** How long a server has to answer a client's request; 10 s. */
  public WebSocketOptions handshakeTimeout(Duration value) {
    Checks.positive("handshakeTimeout", value);
    return with(v -> v.handshakeTimeout = value);
  }

  // ---- compression

  /** Whether messages are compressed where the peer can do that; true. */
  public WebSocketOptions compression(boolean on) {
    return with(v -> v.compression = on);
  }

  /**
   * Whether a server's messages may refer to earlier ones, while there are enough compressors;
   * true.
   */
  public WebSocketOptions contextTakeover(boolean on) {
    return with(v -> v.contextTakeover = on);
  }

  /** Shorter messages are sent as they are; 64. */
  public WebSocketOptions compressFromBytes(int value) {
    Checks.between("compressFromBytes", value, 1, Integer.MAX_VALUE);
    return with(v -> v.compressFromBytes = value);
  }

  /** Compressors on a loop, some 270 kB each; 32. The first WebSocket of a loop decides. */
  public WebSocketOptions deflaters(int value) {
    Checks.between("deflaters", value, 1, 100_000);
    return with(v -> v.deflaters = value);
  }

  // ---- who talks to whom, and about what

  /**
   * Pages of these origins may open a WebSocket, for example {@code https://example.com}. By
   * default those of the host that is talked to, and of no other.
   */
  public WebSocketOptions origins(String... allowed) {
    Set<String> all =
        Set.of(allowed).stream().map(s -> s.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    return with(v -> v.origins = new OriginRule.OneOf(all));
  }

  /**
   * Pages of all web sites may open a WebSocket, with the cookies of whoever looks at them: for
   * what is public alone.
   */
  public WebSocketOptions anyOrigin() {
    return with(v -> v.origins = new OriginRule.Any());
  }

  /** What this end speaks, the best first. A server takes the first that the client offers. */
  public WebSocketOptions subprotocols(String... names) {
    for (String name : names) {
      if (!ExtensionList.isToken(name)) {
        throw new IllegalArgumentException("a subprotocol can't be called \"" + name + "\"");
      }
    }
    return with(v -> v.subprotocols = List.of(names));
  }

  /** A field that a client sends with its request, for example {@code Authorization}. */
  public WebSocketOptions header(String name, String value) {
    ClientRequest.checkField(name, value);
    Map<String, String> all = new LinkedHashMap<>(values.headers);
    String ignored = all.put(name, value);
    return with(v -> v.headers = Map.copyOf(all));
  }

  /** Of a client's connection. */
  public WebSocketOptions stream(StreamOptions value) {
    return with(v -> v.stream = value);
  }

  /** How a client connects. */
  public WebSocketOptions connect(ConnectOptions value) {
    return with(v -> v.connect = value);
  }

  /**
   * Where a client takes its masks from: {@link SecureRandom}, since nobody on the way must be able
   * to foresee them. Another one is for tests that are to be repeated.
   */
  public WebSocketOptions random(RandomGenerator value) {
    return with(v -> v.random = value);
  }

  // ---- what is set

  public long messageBytes() {
    return values.messageBytes;
  }

  public long backlogBytes() {
    return values.backlogBytes;
  }

  public int controlFramesPerSecond() {
    return values.controlFramesPerSecond;
  }

  public int inflationRatio() {
    return values.inflationRatio;
  }

  public Duration pingInterval() {
    return values.pingInterval;
  }

  public Duration pongTimeout() {
    return values.pongTimeout;
  }

  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  public Duration closeTimeout() {
    return values.closeTimeout;
  }

  public Duration handshakeTimeout() {
    return values.handshakeTimeout;
  }

  public boolean compression() {
    return values.compression;
  }

  public boolean contextTakeover() {
    return values.contextTakeover;
  }

  public int compressFromBytes() {
    return values.compressFromBytes;
  }

  public int deflaters() {
    return values.deflaters;
  }

  OriginRule origins() {
    return values.origins;
  }

  public List<String> subprotocols() {
    return values.subprotocols;
  }

  public Map<String, String> headers() {
    return values.headers;
  }

  public StreamOptions stream() {
    return values.stream;
  }

  public ConnectOptions connect() {
    return values.connect;
  }

  RandomGenerator random() {
    RandomGenerator chosen = values.random;
    return chosen == null ? Secure.RANDOM : chosen;
  }

  @Override
  public String toString() {
    List<Object> all = new ArrayList<>();
    all.add("messageBytes=" + values.messageBytes);
    all.add("backlogBytes=" + values.backlogBytes);
    all.add("pingInterval=" + values.pingInterval);
    all.add("idleTimeout=" + values.idleTimeout);
    all.add("compression=" + values.compression);
    all.add("origins=" + values.origins);
    all.add("subprotocols=" + values.subprotocols);
    return "WebSocketOptions" + all;
  }
}
