package gyre.http.websocket;

import static gyre.http.websocket.Frames.FIN;
import static gyre.http.websocket.Frames.client;
import static gyre.http.websocket.Frames.join;
import static org.assertj.core.api.Assertions.assertThat;

import gyre.http.websocket.Frames.Reader;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameParserTest {
  private static final long LIMIT = 1 << 16;

  private static final byte[] CONVERSATION =
      join(
          client(FIN | Opcode.TEXT, "hello"),
          client(Opcode.TEXT, "grü"),
          client(FIN | Opcode.PING, "are you there"),
          client(Opcode.CONTINUATION, ""),
          client(Opcode.CONTINUATION, new byte[] {(byte) 0xC3}),
          client(FIN | Opcode.PONG, ""),
          client(FIN | Opcode.CONTINUATION, new byte[] {(byte) 0xA4, 'x'}),
          client(FIN | Opcode.BINARY, "b".repeat(70)),
          client(FIN | Opcode.BINARY, "c".repeat(300)),
          client(FIN | Opcode.BINARY, "d".repeat(2000)),
          client(FIN | Opcode.TEXT, ""),
          client(FIN | Opcode.CLOSE, new byte[] {0x03, (byte) 0xE8, 'b', 'y', 'e'}));

  private static final List<String> EVENTS =
      List.of(
          "text hello",
          "ping are you there",
          "pong ",
          "text gr\u00c3\u00bc\u00c3\u00a4x",
          "binary " + "b".repeat(70),
          "binary " + "c".repeat(300),
          "binary " + "d".repeat(2000),
          "text ",
          "close 1000 bye");

  private static Reader read(byte[]... parts) {
    byte[] bytes = join(parts);
    return new Reader(true, false, LIMIT).feed(bytes, 0, bytes.length);
  }

  @Test
  void shouldUnderstandTheSameHoweverTheBytesAreCut() {
    assertThat(read(CONVERSATION).events()).isEqualTo(EVENTS);
    Random random = new Random(3);
    for (int most = 1; most < 400; most++) {
      Reader reader = new Reader(true, false, LIMIT);
      for (int at = 0; at < CONVERSATION.length; ) {
        int to = Math.min(CONVERSATION.length, at + 1 + random.nextInt(most));
        reader.feed(CONVERSATION, at, to);
        at = to;
      }
      assertThat(reader.events()).as("pieces of up to " + most).isEqualTo(EVENTS);
    }
  }

  @Test
  void shouldTakeNothingBehindAClose() {
    Reader reader = read(client(FIN | Opcode.CLOSE, ""), client(FIN | Opcode.TEXT, "late"));
    assertThat(reader.events()).containsExactly("close 1005 ");
  }

  @Test
  void shouldRefuseWhatFragmentsMustNotDo() {
    assertThat(read(client(FIN, "x")).events()).containsExactly("failed NOTHING_TO_CONTINUE");
    assertThat(read(client(Opcode.TEXT, "x"), client(FIN | Opcode.TEXT, "y")).events())
        .containsExactly("failed MESSAGE_INSIDE");
    assertThat(read(client(Opcode.PING, "x")).events())
        .containsExactly("failed CONTROL_FRAGMENTED");
    assertThat(read(client(FIN | Opcode.PING, "x".repeat(126))).events())
        .containsExactly("failed CONTROL_TOO_LONG");
  }

  @Test
  void shouldRefuseReservedBitsAndLongLengths() {
    for (int bit : new int[] {0x40, 0x20, 0x10}) {
      assertThat(read(client(FIN | bit | Opcode.TEXT, "x")).events())
          .containsExactly("failed RESERVED_BIT");
    }
    assertThat(read(new byte[] {(byte) 0x82, (byte) 0xFE, 0, 125}).events())
        .containsExactly("failed LENGTH");
    assertThat(read(new byte[] {(byte) 0x82, (byte) 0xFF, 0, 0, 0, 0, 0, 0, 1, 0}).events())
        .containsExactly("failed LENGTH");
  }

  @Test
  void shouldTakeCompressionOnlyOfTheFirstFrameOfAMessage() {
    byte[] bytes =
        join(
            client(FIN | Frames.RSV1 | Opcode.TEXT, "a"),
            client(Opcode.BINARY | Frames.RSV1, "b"),
            client(FIN | Opcode.CONTINUATION, "c"),
            client(FIN | Opcode.TEXT, "d"),
            client(FIN | Frames.RSV1 | Opcode.PING, "e"));
    assertThat(new Reader(true, true, LIMIT).feed(bytes, 0, bytes.length).events())
        .containsExactly(
            "text compressed a", "binary compressed bc", "text d", "failed RESERVED_BIT");
  }

  @Test
  void shouldRefuseATextAsSoonAsItIsNoUtf8() {
    byte[] broken = client(Opcode.TEXT, new byte[] {'a', (byte) 0xED, (byte) 0xA0, 'x', 'x'});
    Reader reader = new Reader(true, false, LIMIT).feed(broken, 0, broken.length - 2);
    assertThat(reader.events()).containsExactly("failed INVALID_TEXT");
    assertThat(read(client(FIN | Opcode.TEXT, new byte[] {(byte) 0xC3})).events())
        .as("cut within a character")
        .containsExactly("failed INVALID_TEXT");
  }

  @Test
  void shouldRefuseCodesThatMustNotBeSent() {
    for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
      assertThat(
              read(client(FIN | Opcode.CLOSE, new byte[] {(byte) (code >> 8), (byte) code}))
                  .events())
          .as("code " + code)
          .containsExactly("failed CLOSE_PAYLOAD");
    }
    assertThat(read(client(FIN | Opcode.CLOSE, "x")).events())
        .containsExactly("failed CLOSE_PAYLOAD");
    assertThat(read(client(FIN | Opcode.CLOSE, new byte[] {3, (byte) 0xE8, (byte) 0xFF})).events())
        .containsExactly("failed INVALID_TEXT");
  }

  @Test
  void shouldExpectNoMaskOfAServer() {
    byte[] plain = Frames.server(FIN | Opcode.TEXT, new byte[] {'x'});
    assertThat(new Reader(false, false, LIMIT).feed(plain, 0, plain.length).events())
        .containsExactly("text x");
    byte[] masked = client(FIN | Opcode.TEXT, "x");
    assertThat(new Reader(false, false, LIMIT).feed(masked, 0, masked.length).events())
        .containsExactly("failed MASKED");
  }
}
