package gyre.http.client;

import gyre.http.HttpLimits;
import gyre.http.wire.AnswerReader;
import gyre.http.wire.RequestHeadWriter;
import gyre.io.ByteStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Has a proxy pass a connection on. The caller limits the time. */
final class Tunnel {
  private static final int INTERIM_LIMIT = 8;

  private static final int SOCKS_VERSION = 5;
  private static final int NO_AUTHENTICATION = 0;
  private static final int USER_AND_PASSWORD = 2;
  private static final int CONNECT = 1;
  private static final int IPV4 = 1;
  private static final int NAME = 3;
  private static final int IPV6 = 4;
  private static final int LONGEST_NAME = 255;

  private final HttpProxy proxy;
  private final ByteStream stream;
  private final Target target;

  private Tunnel(HttpProxy proxy, ByteStream stream, Target target) {
    this.proxy = proxy;
    this.stream = stream;
    this.target = target;
  }

  /** Parks until the bytes that are written to the stream go to the target. */
  static void through(HttpProxy proxy, ByteStream stream, Target target, HttpLimits limits) {
    Tunnel tunnel = new Tunnel(proxy, stream, target);
    switch (proxy.kind()) {
      case HTTP_CONNECT -> tunnel.connect(limits);
      case SOCKS5 -> tunnel.socks();
    }
    if (!stream.input().isEmpty()) {
      throw tunnel.refused("it sent something that nobody has asked for");
    }
  }

  private HttpClientException refused(String why) {
    return HttpClientException.malformed(target + " by " + proxy, Phase.PROXY, why);
  }

  // ---- CONNECT

  private void connect(HttpLimits limits) {
    RequestHeadWriter head = Wire.headWriter();
    head.requestLine("CONNECT", target.authority());
    head.field("Host", target.authority());
    String user = proxy.user();
    if (user != null) {
      byte[] both = HttpProxy.utf8(user + ":" + proxy.password());
      head.field("Proxy-Authorization", "Basic " + Base64.getEncoder().encodeToString(both));
    }
    stream.write(head.finish());
    AnswerReader reader = Wire.reader(limits);
    for (int interim = 0; interim <= INTERIM_LIMIT; interim++) {
      reader.begin(AnswerReader.Asked.CONNECT);
      readHead(reader);
      if (reader.status() >= 300) {
        throw refused("it answered with status " + reader.status());
      }
      if (reader.status() >= 200) {
        return;
      }
    }
    throw refused("it sent more than " + INTERIM_LIMIT + " interim answers");
  }

  private void readHead(AnswerReader reader) {
    AnswerReader.Outcome outcome = reader.readHead(stream.input());
    while (outcome == AnswerReader.Outcome.MORE) {
      if (!stream.awaitMore()) {
        throw refused("it closed the connection without an answer");
      }
      outcome = reader.readHead(stream.input());
    }
    if (outcome == AnswerReader.Outcome.FAILED) {
      throw refused("its answer is malformed: " + reader.problem());
    }
  }

  // ---- SOCKS5: RFC 1928 and 1929

  private void socks() {
    boolean hasUser = proxy.user() != null;
    stream.write(
        hasUser
            ? new byte[] {SOCKS_VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD}
            : new byte[] {SOCKS_VERSION, 1, NO_AUTHENTICATION});
    byte[] method = read(2);
    if (method[0] != SOCKS_VERSION) {
      throw refused("it does not speak SOCKS5");
    }
    switch (method[1]) {
      case NO_AUTHENTICATION -> {}
      case USER_AND_PASSWORD -> authenticate(hasUser);
      default ->
          throw refused(
              hasUser
                  ? "it takes neither user and password nor nobody"
                  : "it wants to know who asks: see HttpProxy.credentials");
    }
    request();
  }

  private void authenticate(boolean hasUser) {
    String user = proxy.user();
    String password = proxy.password();
    if (!hasUser || user == null || password == null) {
      throw refused("it chose a way of authentication that was not offered");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(1);
    putShort(out, HttpProxy.utf8(user));
    putShort(out, HttpProxy.utf8(password));
    stream.write(out.toByteArray());
    byte[] answer = read(2);
    if (answer[0] != 1 || answer[1] != 0) {
      throw refused("it does not accept this user and password");
    }
  }

  private static void putShort(ByteArrayOutputStream out, byte[] bytes) {
    out.write(bytes.length);
    out.writeBytes(bytes);
  }

  private void request() {
    byte[] name = target.host().getBytes(StandardCharsets.US_ASCII);
    if (name.length > LONGEST_NAME) {
      throw refused("the name is longer than SOCKS5 can carry");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {SOCKS_VERSION, CONNECT, 0, NAME});
    putShort(out, name);
    out.write(target.port() >> 8);
    out.write(target.port());
    stream.write(out.toByteArray());
    byte[] answer = read(4);
    if (answer[0] != SOCKS_VERSION || answer[2] != 0) {
      throw refused("its answer is malformed");
    }
    if (answer[1] != 0) {
      throw refused(reason(answer[1]));
    }
    int addressBytes =
        switch (answer[3]) {
          case IPV4 -> 4;
          case IPV6 -> 16;
          case NAME -> read(1)[0] & 0xFF;
          default -> throw refused("its answer has an unknown kind of address");
        };
    var ignored = read(addressBytes + 2);
  }

  private static String reason(int code) {
    return switch (code) {
      case 2 -> "its rules do not allow it (SOCKS5 error 2)";
      case 3 -> "it cannot reach the network (SOCKS5 error 3)";
      case 4 -> "it cannot reach the host (SOCKS5 error 4)";
      case 5 -> "the host has refused the connection (SOCKS5 error 5)";
      case 6 -> "the time to live is over (SOCKS5 error 6)";
      case 7 -> "it does not know CONNECT (SOCKS5 error 7)";
      case 8 -> "it does not take names (SOCKS5 error 8)";
      default -> "it failed (SOCKS5 error " + (code & 0xFF) + ")";
    };
  }

  /** Just so many: what comes behind them belongs to the target. */
  private byte[] read(int bytes) {
    if (!stream.await(bytes)) {
      throw refused("it closed the connection without an answer");
    }
    return stream.input().take(bytes);
  }
}
