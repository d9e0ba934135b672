package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No bytes do any harm. */
@Timeout(60)
class DnsMessageTest {
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 20_000);

  /** An answer with an alias, an address behind a pointer, and a service. */
  private static byte[] answer() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(DnsMessage.query(7, "www.test", DnsMessage.A));
    byte[] header = out.toByteArray();
    header[2] = (byte) 0x81;
    header[7] = 3;
    out.reset();
    out.writeBytes(header);
    out.writeBytes(new byte[] {(byte) 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'a'});
    out.writeBytes(new byte[] {(byte) 0xC0, 16});
    out.writeBytes(new byte[] {1, 'a', (byte) 0xC0, 16, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4});
    out.writeBytes(new byte[] {0, 0, 33, 0, 1, (byte) 0xFF, 0, 0, 9, 0, 9, 0, 1, 0, 2, 0, 3});
    out.writeBytes(new byte[] {1, 'b', 0});
    return out.toByteArray();
  }

  @Test
  void shouldReadAnAnswer() throws DnsFormatException {
    DnsMessage message = DnsMessage.parse(answer());
    assertThat(message.id()).isEqualTo(7);
    assertThat(message.response()).isTrue();
    assertThat(message.question()).isEqualTo("www.test");
    assertThat(message.records())
        .extracting(Object::toString)
        .containsExactly(
            "Alias[name=www.test, ttlSeconds=60, target=a.test]",
            "Address[name=a.test, ttlSeconds=9, address=/1.2.3.4]",
            "Service[name=, ttlSeconds=0, service=DnsService[host=b, port=3, priority=1,"
                + " weight=2]]");
  }

  @Test
  void shouldRefuseEveryPartOfAMessage() {
    byte[] whole = answer();
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> DnsMessage.parse(part)).isInstanceOf(DnsFormatException.class);
    }
  }

  @Test
  void shouldRefusePointersThatDoNotLeadBack() {
    byte[] self = DnsMessage.query(1, "a", DnsMessage.A);
    self[12] = (byte) 0xC0;
    self[13] = 12;
    assertThatThrownBy(() -> DnsMessage.parse(self)).hasMessageContaining("does not lead back");
  }

  @Test
  void shouldThrowNothingElseForAnyBytes() {
    byte[] right = answer();
    int read = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = right.clone();
      for (int i = random.nextInt(6); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        DnsMessage message = DnsMessage.parse(bytes);
        assertThat(message.question().length()).isLessThanOrEqualTo(255);
        read++;
      } catch (DnsFormatException e) {
        assertThat(e).hasMessageStartingWith("byte ");
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void shouldRefuseNamesThatAreNone() {
    for (String name : new String[] {"", ".", "a..b", "x".repeat(64), "x.".repeat(128) + "x"}) {
      assertThatThrownBy(() -> DnsMessage.query(1, name, DnsMessage.A))
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] query = DnsMessage.query(1, "x".repeat(63), DnsMessage.A);
    assertThat(new String(query, StandardCharsets.ISO_8859_1)).contains("x".repeat(63));
  }
}
