package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.net.TcpStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A client that understands a server by a program of its own. */
final class EchoPeer {
  /** The connection is over before it should be. */
  static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Ended(String what) {
      super("ended before " + what);
    }
  }

  /** All but the end of the last field. */
  private static final String REQUEST =
      """
      GET / HTTP/1.1\r
      Host: server\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      Sec-WebSocket-Extensions: permessage-deflate\
      """;

  private final TcpStream stream;
  private final boolean isFresh;
  private Inflater inflater = new Inflater(true);

  /**
   * Of an open connection.
   *
   * @param isFresh whether the server is told to keep no context
   */
  EchoPeer(TcpStream stream, boolean isFresh) {
    this.stream = stream;
    this.isFresh = isFresh;
  }

  void shakeHands() {
    stream.write(REQUEST + (isFresh ? "; server_no_context_takeover" : "") + "\r\n\r\n");
    String line = line();
    assertThat(line).isEqualTo("HTTP/1.1 101 Switching Protocols");
    boolean isAccepted = false;
    while (!line.isEmpty()) {
      isAccepted |= line.equals("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      line = line();
    }
    assertThat(isAccepted).as("RFC 6455, 1.3").isTrue();
  }

  private String line() {
    String line = stream.readLine(1000, StandardCharsets.ISO_8859_1);
    if (line == null) {
      throw new Ended("the answer");
    }
    return line;
  }

  /** Reads to the end, and holds the server to what it was sent; how many messages came back. */
  int check(EchoWorld.Script script) {
    int messages = 0;
    int pongs = 0;
    while (true) {
      byte[] head = exactly(2);
      assertThat(head[1]).as("masked").isGreaterThanOrEqualTo((byte) 0);
      byte[] payload = exactly(length(head[1]));
      int opcode = head[0] & 0x0F;
      assertThat(head[0] & 0xB0).as("whole").isEqualTo(Frames.FIN);
      switch (opcode) {
        case Opcode.TEXT, Opcode.BINARY -> {
          byte[] message = (head[0] & Frames.RSV1) == 0 ? payload : inflate(payload);
          assertThat(messages).as("twice").isLessThan(script.messages().size());
          assertThat(new String(message, StandardCharsets.ISO_8859_1))
              .isEqualTo(
                  new String(script.messages().get(messages++), StandardCharsets.ISO_8859_1));
        }
        case Opcode.PONG -> {
          String text = new String(payload, StandardCharsets.US_ASCII);
          int index = script.pings().indexOf(text);
          assertThat(index).as("the pong " + text).isGreaterThanOrEqualTo(pongs);
          pongs = index + 1;
        }
        case Opcode.CLOSE -> {
          assertThat(payload).containsExactly(0x03, 0xE8);
          assertThat(messages).isEqualTo(script.messages().size());
          assertThat(pongs).as("the last ping is answered").isEqualTo(script.pings().size());
          assertThat(stream.await(1)).as("something behind the good-bye").isFalse();
          inflater.end();
          return messages;
        }
        default -> throw new AssertionError("opcode " + opcode);
      }
    }
  }

  /** The next frame, which must be a message. */
  String message() {
    byte[] head = exactly(2);
    byte[] payload = exactly(length(head[1]));
    assertThat(head[0] & 0x0F).isIn(Opcode.TEXT, Opcode.BINARY);
    byte[] message = (head[0] & Frames.RSV1) == 0 ? payload : inflate(payload);
    return new String(message, StandardCharsets.UTF_8);
  }

  private int length(byte coded) {
    return switch (coded) {
      case 126 -> {
        byte[] two = exactly(2);
        yield (two[0] & 0xFF) << 8 | (two[1] & 0xFF);
      }
      case 127 -> {
        byte[] eight = exactly(8);
        int length = 0;
        for (byte each : eight) {
          length = length << 8 | (each & 0xFF);
        }
        yield length;
      }
      default -> coded;
    };
  }

  private byte[] exactly(int bytes) {
    if (bytes == 0) {
      return new byte[0];
    }
    if (!stream.await(Math.min(bytes, stream.awaitLimitBytes()))) {
      throw new Ended(bytes + " bytes");
    }
    return stream.readExactly(bytes);
  }

  private byte[] inflate(byte[] payload) {
    if (isFresh) {
      inflater.end();
      inflater = new Inflater(true);
    }
    inflater.setInput(Frames.join(payload, new byte[] {0, 0, (byte) 0xFF, (byte) 0xFF}));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    try {
      for (int n = inflater.inflate(buffer); n > 0; n = inflater.inflate(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (DataFormatException e) {
      throw new AssertionError("compressed data that can't be read", e);
    }
    return out.toByteArray();
  }
}
