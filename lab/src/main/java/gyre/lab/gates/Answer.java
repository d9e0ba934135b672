package gyre.lab.gates;

import gyre.lab.gates.Target.Protocol;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/** A question, and as much as has come of its answer. */
final class Answer {
  private static final int LIMIT_BYTES = 1 << 22;
  private static final String END_OF_CHUNKS = "\r\n0\r\n\r\n";

  private final byte[] question;
  private final boolean isEcho;
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

  /** How long the answer is; -1 while that is not known. */
  private int length;

  private boolean isChunked;

  private Answer(byte[] question, boolean isEcho) {
    this.question = question;
    this.isEcho = isEcho;
    this.length = isEcho ? question.length : -1;
  }

  /** What a connection asks: of an echo server bytes that no other one has. */
  static Answer to(Target target, int number, int bytes) {
    if (target.protocol() == Protocol.ECHO) {
      byte[] message = new byte[bytes];
      new Random(number).nextBytes(message);
      return new Answer(message, true);
    }
    String request =
        "GET " + target.path() + " HTTP/1.1\r\nHost: " + target.hostField() + "\r\n\r\n";
    return new Answer(request.getBytes(StandardCharsets.ISO_8859_1), false);
  }

  byte[] question() {
    return question;
  }

  /** Empty, or what is wrong with it. */
  String take(ByteBuffer bytes) {
    byte[] more = new byte[bytes.remaining()];
    bytes.get(more);
    taken.writeBytes(more);
    if (taken.size() > LIMIT_BYTES) {
      return "was answered by more than 4 MiB";
    }
    String wrong = isEcho ? checkEcho() : checkHttp();
    if (wrong.isEmpty() && length >= 0 && taken.size() > length) {
      return "was answered by more than was asked for";
    }
    return wrong;
  }

  private String checkEcho() {
    byte[] all = taken.toByteArray();
    int common = Math.min(all.length, question.length);
    return Arrays.equals(all, 0, common, question, 0, common) ? "" : "got a wrong byte";
  }

  private String checkHttp() {
    String all = taken.toString(StandardCharsets.ISO_8859_1);
    int end = all.indexOf("\r\n\r\n");
    if (length >= 0 || end < 0) {
      return "";
    }
    String head = all.substring(0, end).toLowerCase(Locale.ROOT);
    if (!head.matches("(?s)http/1\\.[01] [23][0-9][0-9].*")) {
      return "was answered by " + all.lines().findFirst().orElse("");
    }
    if (isChunked || head.contains("\r\ntransfer-encoding: chunked")) {
      isChunked = true;
      length = all.endsWith(END_OF_CHUNKS) ? all.length() : -1;
      return "";
    }
    String field = "\r\ncontent-length:";
    int at = head.indexOf(field);
    boolean isEmpty = head.startsWith("204", 9) || head.startsWith("304", 9);
    if (at < 0 && !isEmpty) {
      return "was answered without Content-Length";
    }
    String value =
        isEmpty ? "0" : head.substring(at + field.length()).lines().findFirst().orElse("");
    if (!value.strip().matches("[0-9]{1,7}")) {
      return "was answered by a Content-Length of" + value;
    }
    length = end + 4 + Integer.parseInt(value.strip());
    return "";
  }

  boolean isWhole() {
    return length >= 0 && taken.size() == length;
  }
}
