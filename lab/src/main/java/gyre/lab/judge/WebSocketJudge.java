package gyre.lab.judge;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Judges a WebSocket echo server by RFC 6455: handshake, frames, closing, and what breaks them. */
public final class WebSocketJudge extends ServerJudge {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; // of that key, as in the RFC
  private static final int HEAD_MAX = 16 * 1024;
  private static final int MANY_MESSAGES = 100;
  private static final int LARGE_BYTES = 30_000;

  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int LAST = 0x80;
  private static final int MASKED = 0x80;

  /** Of a server, with so many connections at once. */
  public WebSocketJudge(Subject subject, int connections) {
    super(subject, connections);
    promise("upgrades, and refuses what is no upgrade", this::handshake);
    promise("echoes texts and bytes of all kinds of lengths", this::messages);
    promise("puts fragments together, and answers a ping between them", this::fragments);
    promise("takes frames in pieces of one byte", this::pieces);
    promise("answers a close by a close, and ends", this::closing);
    promise("closes with 1002 what breaks the protocol", this::brokenFrames);
    promise("closes with 1007 text that is no UTF-8", this::wrongText);
    promise("closes with 1009 a message beyond --max-message", this::tooLong);
    promise("waits for a slow reader, and serves others meanwhile", this::slowReader);
    promiseAll();
    promise("on SIGTERM closes with 1001", this::goingAway);
  }

  // ---- frames

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Frame(int head, byte[] payload) {
    int opcode() {
      return head & 0xf;
    }

    /** Of a close frame; 0 if there is none. */
    int code() {
      return payload.length < 2 ? 0 : ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
    }

    static Frame read(Socket socket) throws IOException {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int head = in.readUnsignedByte();
      int length = in.readUnsignedByte();
      check((length & MASKED) == 0, "a frame of the server is masked");
      long bytes = length < 126 ? length : length == 126 ? in.readUnsignedShort() : in.readLong();
      check(bytes >= 0 && bytes <= 1 << 24, "a frame of the server has " + bytes + " bytes");
      byte[] payload = new byte[(int) bytes];
      in.readFully(payload);
      return new Frame(head, payload);
    }
  }

  /** Masked, as a client has to. */
  private static byte[] frame(int head, byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(head);
    if (payload.length < 126) {
      out.write(MASKED | payload.length);
    } else if (payload.length < 1 << 16) {
      out.write(MASKED | 126);
      out.write(payload.length >> 8);
      out.write(payload.length);
    } else {
      out.write(MASKED | 127);
      out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    byte[] mask = {1, 2, 3, (byte) 200};
    out.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      out.write(payload[i] ^ mask[i & 3]);
    }
    return out.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void echo(Socket socket, int opcode, byte[] payload) throws IOException {
    socket.getOutputStream().write(frame(LAST | opcode, payload));
    expect(socket, opcode, payload);
  }

  private static void expect(Socket socket, int opcode, byte[] payload) throws IOException {
    Frame frame = Frame.read(socket);
    while (frame.opcode() == PING && opcode != PING) {
      frame = Frame.read(socket);
    }
    check(
        frame.head() == (LAST | opcode) && Arrays.equals(frame.payload(), payload),
        "a frame of kind %d with %d bytes is answered by one of %x with %d bytes"
            .formatted(opcode, payload.length, frame.head(), frame.payload().length));
  }

  private static void expectClose(Socket socket, int code, String why) throws IOException {
    Frame frame = Frame.read(socket);
    while (frame.opcode() == PING) {
      frame = Frame.read(socket);
    }
    check(
        frame.opcode() == CLOSE && frame.code() == code,
        "%s is answered by a frame of kind %d with code %d, not by a close with %d"
            .formatted(why, frame.opcode(), frame.code(), code));
  }

  // ---- what every server is asked

  @Override
  void begin(Socket socket) throws IOException {
    String head =
        upgrade(socket, "Sec-WebSocket-Key: " + KEY + "\r\nSec-WebSocket-Version: 13\r\n");
    check(head.startsWith("HTTP/1.1 101 "), "the upgrade is answered by " + head);
    check(
        head.lines().anyMatch(line -> line.equalsIgnoreCase("Sec-WebSocket-Accept: " + ACCEPT)),
        "the key is not answered: " + head);
  }

  private static String upgrade(Socket socket, String fields) throws IOException {
    String request =
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + fields
            + "\r\n";
    socket.getOutputStream().write(utf8(request));
    return head(socket);
  }

  private static String head(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = socket.getInputStream().read();
      if (b < 0) {
        throw new IOException("the connection ended within the head of an answer: " + head);
      }
      check(head.length() < HEAD_MAX, "the head of an answer does not end");
      head.append((char) b);
    }
    return head.toString();
  }

  @Override
  void talk(Socket socket, int number) throws IOException {
    echo(socket, TEXT, utf8("message " + number));
  }

  @Override
  byte[] partOfQuestion(int number) {
    byte[] whole = frame(LAST | TEXT, utf8("m".repeat(1 + number)));
    return Arrays.copyOf(whole, whole.length - 1);
  }

  // ---- its promises

  private void handshake() throws IOException {
    try (JudgedServer server = start()) {
      try (Socket socket = connected(server)) {
        talk(socket, 1);
      }
      for (String fields :
          new String[] {
            "Sec-WebSocket-Version: 13\r\n",
            "Sec-WebSocket-Key: " + KEY + "\r\nSec-WebSocket-Version: 12\r\n",
            "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n"
          }) {
        try (Socket socket = server.connect()) {
          String head = upgrade(socket, fields);
          check(head.startsWith("HTTP/1.1 4"), fields.strip() + " is answered by " + head);
        }
      }
      try (Socket socket = server.connect()) {
        socket.getOutputStream().write(utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        String head = head(socket);
        check(head.startsWith("HTTP/1.1 4"), "a request for a page is answered by " + head);
      }
    }
  }

  private void messages() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      for (int length : new int[] {0, 1, 125, 126, 127, 4096, 65_535, 65_536}) {
        echo(socket, BINARY, bytes(length, length));
        echo(socket, TEXT, utf8("t".repeat(length)));
      }
      echo(socket, TEXT, utf8("Käse, 日本語, 🎉"));
    }
  }

  private void fragments() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      socket.getOutputStream().write(frame(TEXT, utf8("one ")));
      socket.getOutputStream().write(frame(LAST | PING, utf8("there?")));
      expect(socket, PONG, utf8("there?"));
      byte[] two = utf8("zwölf ");
      socket.getOutputStream().write(frame(CONTINUATION, Arrays.copyOf(two, 3))); // within a letter
      socket.getOutputStream().write(frame(CONTINUATION, Arrays.copyOfRange(two, 3, two.length)));
      socket.getOutputStream().write(frame(LAST | CONTINUATION, utf8("three")));
      expect(socket, TEXT, utf8("one zwölf three"));
      socket.getOutputStream().write(frame(LAST | PONG, utf8("unasked")));
      talk(socket, 1);
    }
  }

  private void pieces() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server);
        Socket other = connected(server)) {
      byte[] payload = utf8("by and by ".repeat(15));
      writeInPieces(socket, other, frame(LAST | TEXT, payload));
      expect(socket, TEXT, payload);
    }
  }

  private void closing() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      socket.getOutputStream().write(frame(LAST | CLOSE, new byte[] {3, (byte) 0xe8}));
      expectClose(socket, 1000, "a close");
      check(isEnded(socket), "it does not end");
    }
  }

  private void brokenFrames() throws IOException {
    try (JudgedServer server = start()) {
      breaks(server, 1002, "a frame without a mask", new byte[] {(byte) (LAST | TEXT), 1, 'x'});
      breaks(server, 1002, "a reserved bit", frame(LAST | 0x20 | TEXT, utf8("x")));
      breaks(server, 1002, "an unknown opcode", frame(LAST | 3, utf8("x")));
      breaks(server, 1002, "a ping in fragments", frame(PING, utf8("x")));
      breaks(server, 1002, "a ping of 126 bytes", frame(LAST | PING, new byte[126]));
      breaks(server, 1002, "a continuation of nothing", frame(LAST | CONTINUATION, utf8("x")));
      breaks(server, 1002, "a close of one byte", frame(LAST | CLOSE, new byte[] {3}));
      breaks(server, 1002, "a close with 1005", frame(LAST | CLOSE, new byte[] {3, (byte) 0xed}));
      check(server.isAlive(), "it has ended");
    }
  }

  private void breaks(JudgedServer server, int code, String why, byte[] bytes) throws IOException {
    try (Socket socket = connected(server)) {
      socket.getOutputStream().write(bytes);
      expectClose(socket, code, why);
      check(isEnded(socket), "after " + why + " the connection goes on");
    }
  }

  private void wrongText() throws IOException {
    try (JudgedServer server = start()) {
      breaks(server, 1007, "a byte of no text", frame(LAST | TEXT, new byte[] {'a', (byte) 0xff}));
      breaks(server, 1007, "a cut letter", frame(LAST | TEXT, new byte[] {(byte) 0xc3}));
      byte[] surrogate = {(byte) 0xed, (byte) 0xa0, (byte) 0x80};
      breaks(server, 1007, "a surrogate", frame(LAST | TEXT, surrogate));
    }
  }

  private void tooLong() throws IOException {
    try (JudgedServer server = start("--max-message", "1000")) {
      try (Socket socket = connected(server)) {
        echo(socket, BINARY, new byte[1000]);
      }
      breaks(server, 1009, "a long message", frame(LAST | BINARY, new byte[1001]));
      byte[] enormous = {
        (byte) (LAST | BINARY), (byte) (MASKED | 127), 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4
      };
      breaks(server, 1009, "a message of a TiB, said and not sent", enormous);
      try (Socket socket = connected(server)) {
        socket.getOutputStream().write(frame(BINARY, new byte[600]));
        socket.getOutputStream().write(frame(LAST | CONTINUATION, new byte[600]));
        expectClose(socket, 1009, "a long message in fragments");
      }
    }
  }

  private void slowReader() throws Exception {
    try (JudgedServer server = start();
        Socket slow = connected(server);
        Socket other = connected(server)) {
      byte[] payload = bytes(LARGE_BYTES, 7);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < MANY_MESSAGES; i++) {
        all.write(frame(LAST | BINARY, payload));
      }
      Thread writer =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  slow.getOutputStream().write(all.toByteArray());
                } catch (IOException e) {
                  // The reader sees what is missing.
                }
              });
      for (int i = 0; i < 50; i++) {
        talk(other, i);
      }
      for (int i = 0; i < MANY_MESSAGES; i++) {
        expect(slow, BINARY, payload);
      }
      writer.join(END_LIMIT);
    }
  }

  private void goingAway() throws IOException, InterruptedException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      talk(socket, 1);
      server.terminate();
      expectClose(socket, 1001, "the end of the server");
      socket.getOutputStream().write(frame(LAST | CLOSE, new byte[] {3, (byte) 0xe9}));
      check(isEnded(socket), "it does not end");
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }
}
