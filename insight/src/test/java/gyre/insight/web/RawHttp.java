package gyre.insight.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Asks what no client of good manners would ask, and understands the answer by a program of its
 * own.
 */
final class RawHttp {
  private static final int HANG_LIMIT_MILLIS = 120_000;

  private RawHttp() {}

  /** One answer, its body in one piece. */
  record Answer(int status, String head, String body) {
    /** The first field of that name; empty if there is none. */
    String field(String name) {
      return head.lines()
          .filter(
              line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  static Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(HANG_LIMIT_MILLIS);
    return socket;
  }

  /** One that takes hardly anything before it is read. */
  static Socket connect(InetSocketAddress address, int receiveBufferBytes) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(receiveBufferBytes);
    socket.connect(address);
    socket.setSoTimeout(HANG_LIMIT_MILLIS);
    return socket;
  }

  static Answer get(InetSocketAddress address, String target, String... fields) throws IOException {
    return ask(address, "GET " + target, "", fields);
  }

  static Answer post(InetSocketAddress address, String target, String form, String... fields)
      throws IOException {
    return ask(address, "POST " + target, form, fields);
  }

  /**
   * @param fields whole lines; {@code Host} is 127.0.0.1 unless one of them is another
   */
  static Answer ask(InetSocketAddress address, String line, String form, String... fields)
      throws IOException {
    StringBuilder request = new StringBuilder(line).append(" HTTP/1.1\r\nConnection: close\r\n");
    boolean hasHost = false;
    for (String each : fields) {
      hasHost |= each.startsWith("Host:");
      request.append(each).append("\r\n");
    }
    request.append(hasHost ? "" : "Host: 127.0.0.1\r\n");
    if (!line.startsWith("GET")) {
      request.append("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
      request.append(form.length()).append("\r\n");
    }
    request.append("\r\n").append(form);
    try (Socket socket = connect(address)) {
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
      return answer(socket.getInputStream());
    }
  }

  private static Answer answer(InputStream in) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    in.transferTo(all);
    String text = all.toString(StandardCharsets.UTF_8);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IOException("no head of an answer: " + text);
    }
    String head = text.substring(0, end);
    return new Answer(Integer.parseInt(head.substring(9, 12)), head, text.substring(end + 4));
  }

  /** Up to and with this text, byte by byte: of a stream with a buffer if it is long. */
  static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (!endsWith(read, end)) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended before " + end + ": " + read);
      }
      read.append((char) next);
    }
    return read.toString();
  }

  private static boolean endsWith(StringBuilder text, String end) {
    int from = text.length() - end.length();
    return from >= 0 && text.indexOf(end, from) == from;
  }
}
