package gyre.http.client;

import gyre.Fiber;
import gyre.io.EndOfStreamException;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A server of a world that does all that servers do: answers of every framing, in pieces, late,
 * early; and, where it may, none. What it is asked for is called by the path, and so is each byte
 * of a body, there and back.
 */
final class WildServer {
  /** How often each request was handled. */
  final Map<String, Integer> handled = new HashMap<>();

  /** What must not be. */
  final List<String> wrong = new ArrayList<>();

  private final Random random;
  private final boolean mayBreak;

  WildServer(long seed, boolean mayBreak) {
    this.random = new Random(seed);
    this.mayBreak = mayBreak;
  }

  void run(int port) {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", port)) {
      listener.serve(stream -> {
        try (stream) {
          serve(stream);
        } catch (EndOfStreamException | GoneException e) {
          // The client has given up.
        }
      });
    }
  }

  /** The client has ended the connection between two parts of a request. */
  private static final class GoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static String line(TcpStream stream) {
    String line = stream.readLine(100);
    if (line == null) {
      throw new GoneException();
    }
    return line;
  }

  private record Asked(String method, String name, Map<String, String> fields) {
    boolean hasBody() {
      return fields.containsKey("transfer-encoding")
          || !fields.getOrDefault("content-length", "0").equals("0");
    }
  }

  private void serve(TcpStream stream) {
    boolean goesOn = true;
    while (goesOn) {
      Asked asked = head(stream);
      goesOn = asked != null && answer(stream, asked);
    }
  }

  private @Nullable Asked head(TcpStream stream) {
    String line = stream.readLine(8192);
    if (line == null) {
      return null;
    }
    String[] parts = line.split(" ", -1);
    if (parts.length != 3 || !parts[1].matches("/[a-z]\\d-\\d+")) {
      wrong.add("not a request line: " + line);
      return null;
    }
    Map<String, String> fields = new HashMap<>();
    for (String field = stream.readLine(8192);
        field != null && !field.isEmpty();
        field = stream.readLine(8192)) {
      int colon = field.indexOf(':');
      fields.put(
          field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip());
    }
    return new Asked(parts[0], parts[1].substring(1), fields);
  }

  /** Whether the connection goes on. */
  private boolean answer(TcpStream stream, Asked asked) {
    handled.merge(asked.name(), 1, Integer::sum);
    boolean isInvited = true;
    boolean waits = asked.fields().containsKey("expect");
    if (waits) {
      isInvited = random.nextInt(3) > 0;
      if (isInvited && random.nextBoolean()) {
        write(stream, "HTTP/1.1 100 Continue\r\n\r\n");
      }
    }
    boolean isEarly = asked.hasBody() && (waits ? !isInvited : random.nextInt(5) == 0);
    if (!isEarly) {
      body(stream, asked);
    }
    if (mayBreak && random.nextInt(5) == 0) {
      stream.reset();
      return false;
    }
    if (random.nextInt(3) == 0) {
      Fiber.sleep(Duration.ofMillis(random.nextInt(50)));
    }
    boolean goesOn = sendAnswer(stream, asked);
    if (isEarly && (goesOn || !waits)) { // what is on its way already is received
      body(stream, asked);
    }
    return goesOn && !(mayBreak && random.nextInt(6) == 0);
  }

  private void body(TcpStream stream, Asked asked) {
    StringBuilder body = new StringBuilder();
    if (asked.fields().containsKey("transfer-encoding")) {
      for (int size = size(stream, asked); size > 0; size = size(stream, asked)) {
        body.append(text(stream, size));
        end(stream, asked);
      }
      end(stream, asked);
    } else {
      body.append(
          text(stream, Integer.parseInt(asked.fields().getOrDefault("content-length", "0"))));
    }
    if (!body.toString().replace(asked.name(), "").isEmpty()) {
      wrong.add("the body of " + asked.name() + " has bytes of others: " + body);
    }
  }

  private int size(TcpStream stream, Asked asked) {
    String line = line(stream);
    if (!line.matches("[0-9a-f]{1,6}")) {
      wrong.add("a chunk of " + asked.name() + " has no size: " + line);
      throw new IllegalStateException("the connection makes no sense any more");
    }
    return Integer.parseInt(line, 16);
  }

  private void end(TcpStream stream, Asked asked) {
    String line = line(stream);
    if (!line.isEmpty()) {
      wrong.add("a chunk of " + asked.name() + " has no end: " + line);
      throw new IllegalStateException("the connection makes no sense any more");
    }
  }

  private static String text(TcpStream stream, int bytes) {
    return new String(stream.readExactly(bytes), StandardCharsets.ISO_8859_1);
  }

  /** Whether the connection goes on. */
  private boolean sendAnswer(TcpStream stream, Asked asked) {
    StringBuilder out = new StringBuilder();
    out.append("HTTP/1.1 103 Early\r\n\r\n".repeat(random.nextInt(6) == 0 ? 3 : 0));
    int count = 1 + random.nextInt(random.nextInt(5) == 0 ? 2000 : 5);
    String body = asked.name().repeat(count);
    out.append("HTTP/1.1 200 OK\r\nX-Name: ").append(asked.name()).append("\r\nX-Count: ");
    out.append(count).append("\r\n");
    boolean hasBody = !asked.method().equals("HEAD");
    boolean goesOn = true;
    int cutLimit = Integer.MAX_VALUE;
    switch (random.nextInt(6)) {
      case 0 -> { // to the end
        cutLimit = out.length(); // nobody could tell that a part of the body is not all
        out.append("\r\n").append(hasBody ? body : "");
        goesOn = !hasBody;
      }
      case 1 -> {
        out.append("Connection: close\r\nContent-Length: ").append(body.length());
        out.append("\r\n\r\n").append(hasBody ? body : "");
        goesOn = false;
      }
      case 2, 3 ->
          out.append("Transfer-Encoding: chunked\r\n\r\n").append(hasBody ? chunks(body) : "");
      default ->
          out.append("Content-Length: ")
              .append(body.length())
              .append("\r\n\r\n")
              .append(hasBody ? body : "");
    }
    if (mayBreak && random.nextInt(8) == 0) {
      out.setLength(Math.min(cutLimit, random.nextInt(out.length())));
      write(stream, out.toString());
      return false;
    }
    write(stream, out.toString());
    return goesOn;
  }

  private String chunks(String body) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < body.length(); ) {
      int end = Math.min(body.length(), at + 1 + random.nextInt(3000));
      out.append(Integer.toHexString(end - at)).append("\r\n");
      out.append(body, at, end).append("\r\n");
      at = end;
    }
    return out.append("0\r\n\r\n").toString();
  }

  private void write(TcpStream stream, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    for (int at = 0; at < bytes.length; ) {
      int part = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 30 : 9000));
      stream.write(bytes, at, part);
      at += part;
      if (random.nextInt(5) == 0) {
        Fiber.sleep(Duration.ofMillis(random.nextInt(10)));
      }
    }
  }
}
