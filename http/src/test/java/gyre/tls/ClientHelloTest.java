package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {
  private static final byte[] HELLO = Hellos.of("One.test", "h2", "http/1.1");

  private static ClientHello read(byte[] bytes) {
    try (ByteQueue in = ByteQueue.create()) {
      in.append(bytes);
      ClientHello hello = Objects.requireNonNull(ClientHello.read(in));
      assertThat(in.size()).as("the bytes stay").isEqualTo(bytes.length);
      return hello;
    }
  }

  private static void check(@Nullable ClientHello read) {
    ClientHello hello = Objects.requireNonNull(read);
    assertThat(hello.serverName()).isEqualTo("one.test");
    assertThat(hello.applicationProtocols()).containsExactly("h2", "http/1.1");
    assertThat(hello.versions()).contains(ClientHello.TLS_1_3, ClientHello.TLS_1_2);
    assertThat(hello.hasEncryptedHello()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 100, 16384})
  void shouldReadItAtAnySplitInRecordsOfAnySize(int recordBytes) {
    byte[] bytes = Hellos.inRecords(HELLO, recordBytes);
    if (recordBytes * 64 < HELLO.length) {
      assertThatThrownBy(() -> read(bytes)).hasMessageContaining("more than 64 records");
      return;
    }
    check(read(bytes));
    try (ByteQueue in = ByteQueue.create()) {
      for (int i = 0; i < bytes.length - 1; i++) {
        in.appendByte(bytes[i]);
        assertThat(ClientHello.read(in)).as("%s bytes", i + 1).isNull();
      }
      in.appendByte(bytes[bytes.length - 1]);
      check(ClientHello.read(in));
      in.append("behind");
      check(ClientHello.read(in));
    }
  }

  @Test
  void shouldTellWhatIsNoHelloByItsFirstByte() {
    assertThatThrownBy(() -> read(new byte[] {'G'}))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining("byte 0: a handshake record begins with 22, not 71");
    assertThatThrownBy(() -> read(new byte[] {22, 2}))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining("byte 1");
    assertThatThrownBy(() -> read(new byte[] {22, 3, 1, 0, 0}))
        .hasMessageContaining("an empty record");
    assertThatThrownBy(() -> read(new byte[] {22, 3, 1, 0, 4, 2, 0, 0, 0}))
        .hasMessageContaining("the message has type 1, not 2");
  }

  @Test
  void shouldBearWhateverComes() {
    Random random = new Random(3);
    int understood = 0;
    ByteQueue in = ByteQueue.create();
    for (int i = 0; i < 30_000; i++) {
      byte[] bytes = HELLO.clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      in.clear();
      in.append(bytes);
      try {
        understood += ClientHello.read(in) == null ? 0 : 1;
      } catch (DecodeException e) {
        assertThat(e.offset()).isBetween(0L, (long) bytes.length);
      }
    }
    assertThat(understood).isPositive();
  }

  @Test
  void shouldNeedNoExtensions() {
    byte[] old = new byte[5 + 4 + 2 + 32 + 1 + 4 + 2];
    old[0] = 22;
    old[1] = 3;
    old[4] = (byte) (old.length - 5);
    old[5] = 1;
    old[8] = (byte) (old.length - 9);
    old[9] = 3;
    old[10] = 3;
    old[45] = 2; // cipher suites
    old[48] = 1; // compression methods
    ClientHello hello = read(old);
    assertThat(hello.serverName()).isNull();
    assertThat(hello.versions()).isEqualTo(List.of(0x0303));
  }
}
