package gyre.balancer;

import gyre.balancer.HealthConfig.Check;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.client.HttpUrl;
import gyre.io.ByteQueue;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.process.CommandResult;
import gyre.tls.TlsClient;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Does one check. Parks; who calls it limits the time. */
final class Checker {
  private static final int HANDSHAKE_RECORD = 22;
  private static final int SERVER_HELLO = 2;
  private static final int HELLO_START_BYTES = 6;

  private Checker() {}

  /** Null if the target is healthy, else what was wrong. May throw for the same. */
  static @Nullable String check(TargetConfig target, HealthConfig rules) throws Exception {
    InetSocketAddress where = target.address();
    if (rules.port() != 0) {
      where = new InetSocketAddress(where.getAddress(), rules.port());
    }
    return switch (rules.check()) {
      case Check.Tcp _ -> tcp(where);
      case Check.SendExpect talk -> talk(where, talk);
      case Check.Http http -> http(where, http);
      case Check.Tls tls -> tls(where, tls);
      case Check.Command command -> command(where, target, command);
    };
  }

  private static TcpStream connect(InetSocketAddress where) {
    return TcpStream.connect(
        where,
        StreamOptions.defaults().closeTimeout(Duration.ZERO),
        ConnectOptions.defaults().timeout(Duration.ZERO));
  }

  /** It ends by a reset, which costs the target less than the end of a connection. */
  private static @Nullable String tcp(InetSocketAddress where) {
    try (TcpStream stream = connect(where)) {
      stream.reset();
      return null;
    }
  }

  private static @Nullable String talk(InetSocketAddress where, Check.SendExpect talk) {
    try (TcpStream stream = connect(where)) {
      if (!talk.send().isEmpty()) {
        stream.write(talk.send());
        stream.flush();
      }
      byte[] expected = talk.expect().getBytes(StandardCharsets.UTF_8);
      boolean isWhole = expected.length == 0 || stream.await(expected.length);
      byte[] got = new byte[(int) Math.min(expected.length, stream.input().size())];
      stream.input().copyTo(0, got, 0, got.length);
      stream.reset();
      if (isWhole && java.util.Arrays.equals(got, expected)) {
        return null;
      }
      return "the answer \""
          + printable(got)
          + "\" does not begin with \""
          + printable(expected)
          + "\"";
    }
  }

  private static String printable(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replaceAll("[^ -~]", "?");
  }

  private static @Nullable String http(InetSocketAddress where, Check.Http check) {
    TlsClient tls = check.tls();
    String scheme = tls == null ? "http" : "https";
    // The name goes into the Host field, and the address is the target's whatever that name is.
    ClientOptions options =
        ClientOptions.defaults()
            .userAgent("gyre-balance")
            .resolver(_ -> List.of(where.getAddress()));
    options = tls == null ? options : options.tls(tls);
    String authority =
        check.host().isEmpty() ? Addresses.format(where) : check.host() + ":" + where.getPort();
    ClientRequest request =
        ClientRequest.of(
            check.method().toUpperCase(Locale.ROOT),
            HttpUrl.parse(scheme + "://" + authority + check.path()));
    try (HttpClient client = HttpClient.open(options);
        ClientResponse answer = client.send(request)) {
      int status = answer.status();
      List<Integer> good = check.statuses();
      boolean isGood = good.isEmpty() ? status >= 200 && status < 400 : good.contains(status);
      return isGood ? null : "status " + status;
    }
  }

  /** Whether it answers a hello by a hello; nothing is said about its certificate. */
  private static @Nullable String tls(InetSocketAddress where, Check.Tls check) throws Exception {
    byte[] hello = clientHello(check.name());
    try (TcpStream stream = connect(where)) {
      stream.write(hello);
      stream.flush();
      boolean isThere = stream.await(HELLO_START_BYTES);
      ByteQueue in = stream.input();
      String failure = null;
      if (!isThere) {
        failure = "the connection ended in the handshake";
      } else if (in.byteAt(0) != HANDSHAKE_RECORD || in.byteAt(5) != SERVER_HELLO) {
        failure = "the answer is no ServerHello but begins with record type " + in.byteAt(0);
      }
      stream.reset();
      return failure;
    }
  }

  private static byte[] clientHello(String name) throws NoSuchAlgorithmException, SSLException {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    if (!name.isEmpty()) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      engine.setSSLParameters(parameters);
    }
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    byte[] hello = new byte[out.position()];
    out.flip().get(hello);
    return hello;
  }

  private static @Nullable String command(
      InetSocketAddress where, TargetConfig target, Check.Command check) {
    CommandResult result =
        gyre.process.Command.of(check.command())
            .environment("TARGET_HOST", where.getAddress().getHostAddress())
            .environment("TARGET_PORT", String.valueOf(where.getPort()))
            .environment("TARGET_NAME", target.name())
            .run();
    return result.isSuccess() ? null : check.command().getFirst() + " ended with " + result.exit();
  }
}
