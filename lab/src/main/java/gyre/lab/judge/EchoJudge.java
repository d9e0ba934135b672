package gyre.lab.judge;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Judges a TCP echo server by its promises: what is sent comes back whole and in order, a slow or
 * rude peer harms nobody, limits and time-outs hold, and SIGTERM lets connections end.
 */
public final class EchoJudge {
  private static final int BULK_BYTES = 4 << 20;

  /** More than the buffers of two kernels hold. */
  private static final int STUCK_BYTES = 64 << 20;

  private static final int LATE_MILLIS = 100;
  private static final Duration END_LIMIT = Duration.ofSeconds(20);

  private final List<String> command;
  private final int connections;
  private final Map<String, Check> checks = new LinkedHashMap<>();

  private interface Check {
    void run() throws Exception;
  }

  /**
   * Of a server.
   *
   * @param command starts it; options of the server are added to it
   * @param connections how many it is to serve at once
   */
  public EchoJudge(List<String> command, int connections) {
    this.command = List.copyOf(command);
    this.connections = connections;
    checks.put("echoes pieces of any size", this::pieces);
    checks.put("echoes what comes before a half-close, then ends", this::halfClose);
    checks.put("waits for a slow reader, and serves others meanwhile", this::slowReader);
    checks.put("survives resets", this::resets);
    checks.put("serves " + connections + " connections at once", this::many);
    checks.put("serves no more than --max-connections", this::maxConnections);
    checks.put("closes what is idle for --idle-timeout", this::idleTimeout);
    checks.put("on SIGTERM lets connections end, and exits with 0", this::drain);
    checks.put("exits with 1 if they do not end in time", this::drainTimeout);
    checks.put("explains wrong options, and exits with 2", this::wrongOptions);
  }

  /** What each check found: empty where the promise is kept. */
  public Map<String, String> judge() {
    Map<String, String> results = new LinkedHashMap<>();
    checks.forEach((name, check) -> results.put(name, result(check)));
    return results;
  }

  private static String result(Check check) {
    try {
      check.run();
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (Exception e) {
      return String.valueOf(e.getMessage() == null ? e : e.getMessage());
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new JudgementException(otherwise);
    }
  }

  private static byte[] bytes(int count, long seed) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static void echo(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    byte[] back = socket.getInputStream().readNBytes(bytes.length);
    check(Arrays.equals(bytes, back), "other bytes came back than were sent");
  }

  private void pieces() throws IOException {
    try (JudgedServer server = JudgedServer.start(command);
        Socket socket = server.connect()) {
      Random random = new Random(1);
      for (int i = 0; i < 200; i++) {
        echo(socket, bytes(1 + random.nextInt(i % 10 == 0 ? 100_000 : 200), i));
      }
    }
  }

  private void halfClose() throws IOException {
    try (JudgedServer server = JudgedServer.start(command);
        Socket socket = server.connect()) {
      byte[] bytes = bytes(50_000, 2);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      byte[] back = socket.getInputStream().readAllBytes();
      check(Arrays.equals(bytes, back), back.length + " of 50000 bytes came back before the end");
    }
  }

  /** It does not read until the server has stopped to: what it holds by then has a bound. */
  private void slowReader() throws Exception {
    try (JudgedServer server = JudgedServer.start(command);
        Socket slow = server.connect();
        Socket other = server.connect()) {
      byte[] bytes = bytes(BULK_BYTES, 3);
      Thread writer = sendAll(slow, bytes);
      for (int i = 0; i < 50; i++) {
        echo(other, bytes(1000, i));
      }
      byte[] back = slow.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(Arrays.equals(bytes, back), back.length + " of " + BULK_BYTES + " bytes came back");
    }
  }

  /** And ends its side; on a thread, since the server may read no more than it can send back. */
  private static Thread sendAll(Socket socket, byte[] bytes) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            socket.shutdownOutput();
          } catch (IOException e) {
            // The reader sees what is missing.
          }
        });
  }

  private void resets() throws IOException {
    try (JudgedServer server = JudgedServer.start(command)) {
      for (int i = 0; i < 50; i++) {
        try (Socket rude = server.connect()) {
          rude.getOutputStream().write(bytes(i * 1000, i));
          rude.setSoLinger(true, 0);
        }
      }
      try (Socket socket = server.connect()) {
        echo(socket, bytes(1000, 4));
      }
      check(server.isAlive(), "it has ended");
    }
  }

  private void many() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try (JudgedServer server = JudgedServer.start(command)) {
      for (int i = 0; i < connections; i++) {
        sockets.add(server.connect());
      }
      for (Socket socket : sockets) {
        echo(socket, bytes(100, sockets.size()));
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private void maxConnections() throws IOException {
    try (JudgedServer server = JudgedServer.start(command, "--max-connections", "2");
        Socket first = server.connect();
        Socket second = server.connect()) {
      echo(first, bytes(10, 5));
      echo(second, bytes(10, 6));
      try (Socket third = server.connect()) {
        third.setSoTimeout(LATE_MILLIS); // it may be closed, or wait until another one ends
        check(!isServed(third), "a third connection was served where two may be");
      }
      echo(first, bytes(10, 7));
    }
  }

  private static boolean isServed(Socket socket) {
    try {
      socket.getOutputStream().write('x');
      return socket.getInputStream().read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void idleTimeout() throws IOException {
    try (JudgedServer server = JudgedServer.start(command, "--idle-timeout", "1");
        Socket socket = server.connect()) {
      echo(socket, bytes(10, 8));
      check(isEnded(socket), "an idle connection was not closed");
    }
  }

  /** Whether it ends, in whatever way, before bytes come. */
  private static boolean isEnded(Socket socket) throws IOException {
    try {
      InputStream in = socket.getInputStream();
      return in.read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.net.SocketException e) {
      return true; // reset
    }
  }

  /** An idle connection may be ended; what is under way is not. */
  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drain() throws IOException, InterruptedException {
    try (JudgedServer server = JudgedServer.start(command);
        Socket socket = server.connect()) {
      byte[] bytes = bytes(BULK_BYTES, 9);
      Thread writer = sendAll(socket, bytes);
      int first = socket.getInputStream().read();
      check(first == (bytes[0] & 0xff), "the first byte that came back is " + first);
      server.terminate();
      awaitRefusal(server);
      byte[] rest = socket.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(
          Arrays.equals(Arrays.copyOfRange(bytes, 1, bytes.length), rest),
          rest.length + 1 + " of " + BULK_BYTES + " bytes came back");
      socket.close();
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  private static void awaitRefusal(JudgedServer server) {
    for (int i = 0; i < 50; i++) {
      try (Socket late = server.connect()) {
        late.setSoTimeout(LATE_MILLIS); // it may have been accepted before the signal came
        if (isEnded(late)) {
          return;
        }
      } catch (IOException e) {
        return;
      }
    }
    throw new JudgementException("it still accepts");
  }

  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drainTimeout() throws IOException, InterruptedException {
    try (JudgedServer server = JudgedServer.start(command, "--drain-timeout", "1");
        Socket socket = server.connect()) {
      Thread writer = sendAll(socket, new byte[STUCK_BYTES]);
      int ignored = socket.getInputStream().read(); // and no more
      server.terminate();
      int code = server.await(END_LIMIT);
      check(code == 1, "it exited with " + code);
      socket.close();
      writer.join(END_LIMIT);
    }
  }

  private void wrongOptions() throws IOException, InterruptedException {
    Path output = Files.createTempFile("judge", ".txt");
    try {
      for (List<String> wrong :
          List.of(
              List.of("--listen", "nowhere"),
              List.of("--max-connections", "many"),
              List.of("--idle-timeout", "0"),
              List.of("--what", "1"),
              List.of("--listen"))) {
        int code = JudgedServer.run(command, output, wrong.toArray(String[]::new));
        String said = Files.readString(output, StandardCharsets.UTF_8);
        check(code == 2, String.join(" ", wrong) + " made it exit with " + code);
        check(said.contains(wrong.getFirst()), String.join(" ", wrong) + " made it say " + said);
      }
    } finally {
      Files.delete(output);
    }
  }
}
