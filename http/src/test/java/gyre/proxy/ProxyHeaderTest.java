package gyre.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.proxy.ProxyHeader.Field;
import gyre.proxy.ProxyHeader.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProxyHeaderTest {
  private static final int LIMIT = 4096;

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  private static final ProxyHeader FOUR =
      ProxyHeader.tcp(at("192.0.2.1", 40000), at("198.51.100.2", 443));
  private static final ProxyHeader SIX =
      ProxyHeader.tcp(at("2001:db8::1", 1), at("2001:db8::2", 65535));
  private static final ProxyHeader UNIX =
      new ProxyHeader(
          false, Kind.UNIX_STREAM, null, null, List.of("/run/from", "/run/to"), List.of());

  private static byte[] written(ProxyHeader header, int version) {
    try (ByteQueue out = ByteQueue.create()) {
      switch (version) {
        case 1 -> header.writeVersion1(out);
        case 2 -> header.writeVersion2(out);
        default -> header.writeVersion2WithChecksum(out);
      }
      return out.take((int) out.size());
    }
  }

  private static ProxyHeader read(byte[] bytes) {
    try (ByteQueue in = ByteQueue.create()) {
      in.append(bytes);
      ProxyHeader header = Objects.requireNonNull(ProxyHeader.read(in, LIMIT), "all is there");
      assertThat(in.size()).isZero();
      return header;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  // ---- what is right

  @Test
  void shouldReadWhatItWritesAtAnySplit() {
    ProxyHeader fields = FOUR.withFields(List.of(new Field(Field.AUTHORITY, ascii("one.test"))));
    for (int version = 1; version <= 3; version++) {
      for (ProxyHeader header : List.of(FOUR, SIX, UNIX, fields, ProxyHeader.local())) {
        byte[] bytes = written(header, version);
        try (ByteQueue in = ByteQueue.create()) {
          for (int i = 0; i < bytes.length - 1; i++) {
            in.appendByte(bytes[i]);
            assertThat(ProxyHeader.read(in, LIMIT)).as("%s bytes", i + 1).isNull();
            assertThat(in.size()).isEqualTo(i + 1);
          }
          in.appendByte(bytes[bytes.length - 1]);
          in.append("behind");
          ProxyHeader read = Objects.requireNonNull(ProxyHeader.read(in, LIMIT));
          assertThat(in.readString(6, StandardCharsets.US_ASCII)).isEqualTo("behind");
          assertThat(read.source()).isEqualTo(version == 1 ? internet(header) : header.source());
          if (version > 1) {
            assertThat(read.isLocal()).isEqualTo(header.isLocal());
            assertThat(read.unixPaths()).isEqualTo(header.unixPaths());
          }
        }
      }
    }
    assertThat(read(written(fields, 3)).field(Field.AUTHORITY)).isEqualTo(ascii("one.test"));
  }

  private static @Nullable InetSocketAddress internet(ProxyHeader header) {
    return header.kind().isInternet() ? header.source() : null;
  }

  @Test
  void shouldReadWhatTheSpecificationShows() {
    assertThat(read(ascii("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n")).source())
        .isEqualTo(at("255.255.255.255", 65535));
    assertThat(
            read(ascii(
                    "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
                        + " ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"))
                .kind())
        .isEqualTo(Kind.UNKNOWN);
    assertThat(read(ascii("PROXY UNKNOWN\r\n")).source()).isNull();
  }

  @Test
  void shouldSkipWhatALocalHeaderHas() {
    byte[] local = written(FOUR, 2);
    local[12] = 0x20;
    assertThat(read(local).isLocal()).isTrue();
    assertThat(read(local).source()).isNull();
  }

  // ---- what is wrong

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET / HTTP/1.1\\r\\n                              | 0
          PROXX TCP4 1.2.3.4 1.2.3.4 1 1\\r\\n              | 4
          PROXY TCP4 1.2.3.4 1.2.3.4 1 1\\n                 | 30
          PROXY TCP4 1.2.3.4 1.2.3.4 1 1\\rX                | 31
          PROXY TCP5 1.2.3.4 1.2.3.4 1 1\\r\\n              | 6
          PROXY TCP4 1.2.3.4 1.2.3.4 1\\r\\n                | 6
          PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\\r\\n            | 6
          PROXY TCP4  1.2.3.4 1.2.3.4 1\\r\\n               | 11
          PROXY TCP4 1.2.3.04 1.2.3.4 1 1\\r\\n             | 11
          PROXY TCP4 1.2.3 1.2.3.4 1 1\\r\\n                | 11
          PROXY TCP4 1.2.3.4 1.2.3.256 1 1\\r\\n            | 19
          PROXY TCP4 ::1 1.2.3.4 1 1\\r\\n                  | 11
          PROXY TCP6 1.2.3.4 ::1 1 1\\r\\n                  | 11
          PROXY TCP6 fe80::1%lo ::1 1 1\\r\\n               | 11
          PROXY TCP4 1.2.3.4 1.2.3.4 01 1\\r\\n             | 27
          PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\\r\\n          | 29
          PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\\r\\n             | 27
          """)
  void shouldTellWhereALineIsWrong(String text, int offset) {
    byte[] bytes = ascii(text.replace("\\r", "\r").replace("\\n", "\n"));
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.offset()).isEqualTo(offset));
  }

  @Test
  void shouldRefuseALineWithoutEnd() {
    assertThatThrownBy(() -> read(ascii("PROXY UNKNOWN " + "x".repeat(200))))
        .isInstanceOfSatisfying(DecodeException.class, e -> assertThat(e.isTooLong()).isTrue());
  }

  @Test
  void shouldTellWhereVersion2IsWrong() {
    assertWrong(12, 0x11, 12); // version 1
    assertWrong(12, 0x22, 12); // a command that nobody knows
    assertWrong(13, 0x41, 13); // a family that nobody knows
    assertWrong(14, 0x7F, 14); // far too long
    assertWrong(15, 3, 14); // too short for its addresses
    assertWrong(3, 0, 3); // within the signature
  }

  private static void assertWrong(int index, int value, int offset) {
    byte[] bytes = written(FOUR, 2);
    bytes[index] = (byte) value;
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.offset()).isEqualTo(offset));
  }

  @Test
  void shouldCheckTheChecksum() {
    byte[] bytes = written(SIX, 3);
    assertThat(read(bytes).source()).isEqualTo(SIX.source());
    bytes[20] ^= 1;
    assertThatThrownBy(() -> read(bytes)).hasMessageContaining("the checksum is wrong");
  }

  @Test
  void shouldBearWhateverComes() {
    Random random = new Random(7);
    int read = 0;
    byte[][] right = {
      written(FOUR, 1), written(SIX, 1), written(FOUR, 2), written(SIX, 2), written(SIX, 3)
    };
    ByteQueue in = ByteQueue.create();
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = right[random.nextInt(right.length)].clone();
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      in.clear();
      in.append(bytes);
      try {
        read += ProxyHeader.read(in, LIMIT) == null ? 0 : 1;
      } catch (DecodeException e) {
        assertThat(e.offset()).isBetween(0L, (long) bytes.length);
      }
    }
    assertThat(read).isPositive();
  }

  // ---- whom to believe

  @Test
  void shouldTrustBlocksOfAddresses() {
    ProxyTrust trust = ProxyTrust.of("10.0.0.0/8", "192.0.2.7", "2001:db8::/33");
    assertThat(trust.isTrusted(InetAddress.ofLiteral("10.255.0.1"))).isTrue();
    assertThat(trust.isTrusted(InetAddress.ofLiteral("11.0.0.1"))).isFalse();
    assertThat(trust.isTrusted(InetAddress.ofLiteral("192.0.2.7"))).isTrue();
    assertThat(trust.isTrusted(InetAddress.ofLiteral("192.0.2.6"))).isFalse();
    assertThat(trust.isTrusted(InetAddress.ofLiteral("2001:db8:7fff::1"))).isTrue();
    assertThat(trust.isTrusted(InetAddress.ofLiteral("2001:db8:8000::1"))).isFalse();
    assertThatThrownBy(() -> ProxyTrust.of("10.0.0.0/33")).hasMessageContaining("10.0.0.0/33");
    // What others read as 10.0.0.0, as octal or as one number, and the JDK as something else.
    for (String wrong : List.of("a.example.test", "10/8", "10.0/16", "010.0.0.0/8", "1.2.3.4.5")) {
      assertThatThrownBy(() -> ProxyTrust.of(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + wrong + "' is no block of addresses");
    }
  }

  @Test
  void shouldTakeNoHeaderFromStrangers() {
    Loops.run(
        "epoll",
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept()) {
            near.write(written(FOUR, 1));
            assertThat(ProxyTrust.of("10.0.0.0/8").awaitClient(far)).isEqualTo(far.remoteAddress());
            assertThat(far.readExactly(6)).isEqualTo(ascii("PROXY "));
          }
        });
  }

  @Test
  void shouldTakeTheClientFromThoseWhoAreTrusted() {
    Loops.run(
        "epoll",
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept()) {
            near.write(written(SIX, 3));
            near.write("x");
            assertThat(ProxyTrust.of("127.0.0.1").awaitClient(far)).isEqualTo(SIX.source());
            assertThat(far.readExactly(1)).isEqualTo(ascii("x"));
          }
        });
  }

  @Test
  void shouldWaitForAHeaderNoLongerThanAllowed() {
    Loops.run(
        "epoll",
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept()) {
            near.write("PROXY ");
            ProxyTrust hasty = ProxyTrust.of("127.0.0.1").headerTimeout(Duration.ofMillis(10));
            assertThatThrownBy(() -> hasty.awaitClient(far)).isInstanceOf(RuntimeException.class);
            assertThat(far.isOpen()).isFalse();
            assertThat(Loop.current()).isNotNull();
          }
        });
  }
}
