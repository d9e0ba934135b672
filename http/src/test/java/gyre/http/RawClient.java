package gyre.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends what it is told and understands answers by a program of its own. */
final class RawClient implements AutoCloseable {
  private static final int HANG_LIMIT_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;

  RawClient(InetSocketAddress address) throws IOException {
    this(new Socket(address.getAddress(), address.getPort()));
  }

  RawClient(Socket connected) throws IOException {
    socket = connected;
    socket.setSoTimeout(HANG_LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
  }

  /** One answer. */
  record Answer(int status, String head, String body) {
    boolean hasField(String line) {
      return head.contains("\r\n" + line + "\r\n");
    }
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  Answer receive() throws IOException {
    return receive("GET");
  }

  Answer receive(String method) throws IOException {
    String head = head();
    int status = Integer.parseInt(head.substring(9, 12));
    String lower = head.toLowerCase(java.util.Locale.ROOT);
    String body;
    if (method.equals("HEAD") || status == 204 || status == 304 || status < 200) {
      body = "";
    } else if (lower.contains("transfer-encoding: chunked")) {
      body = chunks();
    } else if (lower.contains("content-length: ")) {
      int at = lower.indexOf("content-length: ") + 16;
      body = exactly(Integer.parseInt(lower.substring(at, lower.indexOf('\r', at))));
    } else {
      body = rest();
    }
    return new Answer(status, head, body);
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended within a head: " + head);
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended within a line: " + line);
      }
      if (next == '\r' && in.read() == '\n') {
        return line.toString();
      }
      line.append((char) next);
    }
  }

  private String chunks() throws IOException {
    StringBuilder body = new StringBuilder();
    for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
      body.append(exactly(size));
      if (!line().isEmpty()) {
        throw new IOException("a chunk is longer than it says");
      }
    }
    for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {
      body.append('[').append(trailer).append(']');
    }
    return body.toString();
  }

  private String exactly(int bytes) throws IOException {
    byte[] read = in.readNBytes(bytes);
    if (read.length < bytes) {
      throw new IOException("ended after " + read.length + " of " + bytes + " bytes");
    }
    return new String(read, StandardCharsets.ISO_8859_1);
  }

  /** Until the server ends. */
  String rest() throws IOException {
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    in.transferTo(rest);
    return rest.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
