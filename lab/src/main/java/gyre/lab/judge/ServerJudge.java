package gyre.lab.judge;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What every TCP server promises, whatever is spoken with it. */
abstract class ServerJudge extends Judge {
  static final Duration END_LIMIT = Duration.ofSeconds(20);

  /** What is under way is to end in any case, be the machine as slow as it may. */
  static final String[] PATIENT_DRAIN = {"--drain-timeout", "60"};

  private static final int LATE_MILLIS = 100;
  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(30);

  /** A handshake takes a JVM its time. */
  private static final int LATE_TLS_MILLIS = 2000;

  private static final int RESETS = 50;
  private static final int LATER_TALKS = 5;

  /** Of what comes in pieces: the head of a frame or message, and some of what follows. */
  private static final int PIECES_SEEN = 20;

  private final int connections;

  /**
   * Of a server.
   *
   * @param connections how many it is to serve at once
   */
  ServerJudge(Subject subject, int connections) {
    super(subject);
    this.connections = connections;
  }

  /** One question and its answer, both told apart by the number. Throws if it is another one. */
  abstract void talk(Socket socket, int number) throws IOException;

  /** What a client says first, if it does; else nothing. */
  void begin(Socket socket) throws IOException {}

  /** Bytes that begin a question and do not end it. */
  abstract byte[] partOfQuestion(int number);

  /** Adds the promises of {@link ServerJudge} itself. */
  final void promiseAll() {
    promise("survives resets", this::resets);
    promise("serves " + connections + " connections at once", this::many);
    promise("serves no more than --max-connections", this::maxConnections);
    promise("closes what is idle for --idle-timeout", this::idleTimeout);
    promise("on SIGTERM accepts no more, and exits with 0 when all have ended", this::ending);
    promise("explains wrong options, and exits with 2", this::wrongOptions);
    if (subject.hasMetrics()) {
      promise("tells how many connections are open, as Prometheus reads it", this::metrics);
      promise("tells it while others ask and do not end", this::rudeScrapes);
    }
  }

  final JudgedServer start(String... options) throws IOException {
    return JudgedServer.start(subject, options);
  }

  final Socket connected(JudgedServer server) throws IOException {
    Socket socket = server.connect();
    begin(socket);
    return socket;
  }

  static byte[] bytes(int count, long seed) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /**
   * Byte by byte. The server has seen each of the first ones alone: what is asked by another
   * connection behind it is answered before the next one is sent. Else those that it is too slow
   * for would come together.
   */
  final void writeInPieces(Socket socket, Socket other, byte[] bytes) throws IOException {
    for (int i = 0; i < bytes.length; i++) {
      socket.getOutputStream().write(bytes[i]);
      if (i < PIECES_SEEN) {
        talk(other, i);
      }
    }
  }

  /** And ends its side; on a thread, since the server may read no more than it can send back. */
  static Thread sendAll(Socket socket, byte[] bytes) {
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
    try (JudgedServer server = start()) {
      for (int i = 0; i < RESETS; i++) {
        try (Socket rude = connected(server)) {
          rude.getOutputStream().write(partOfQuestion(i));
          rude.setSoLinger(true, 0);
        }
      }
      try (Socket socket = connected(server)) {
        talk(socket, 1);
      }
      check(server.isAlive(), "it has ended");
    }
  }

  private void many() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try (JudgedServer server = start()) {
      for (int i = 0; i < connections; i++) {
        sockets.add(connected(server));
      }
      for (int i = 0; i < connections; i++) {
        talk(sockets.get(i), i);
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private void maxConnections() throws IOException {
    try (JudgedServer server = start("--max-connections", "2");
        Socket first = connected(server);
        Socket second = connected(server)) {
      talk(first, 1);
      talk(second, 2);
      try (Socket third = server.plain()) {
        // It may be closed, or wait until another one ends: for its handshake too.
        third.setSoTimeout(subject.isTls() ? LATE_TLS_MILLIS : LATE_MILLIS);
        check(!isServed(server, third, first), "a third connection was served where two may be");
      }
      talk(first, 3);
    }
  }

  private boolean isServed(JudgedServer server, Socket plain, Socket other) throws IOException {
    try {
      Socket socket = server.spoken(plain);
      begin(socket);
      talk(socket, 0);
      return true;
    } catch (SocketTimeoutException e) {
      return !subject.isTls() && isAnswered(plain, other);
    } catch (IOException | JudgementException e) {
      return false;
    }
  }

  /** Whether an answer has come by the time that others, asked later, have theirs. */
  private boolean isAnswered(Socket plain, Socket other) throws IOException {
    for (int i = 0; i < LATER_TALKS; i++) {
      talk(other, i);
    }
    return plain.getInputStream().available() > 0;
  }

  private void idleTimeout() throws IOException {
    try (JudgedServer server = start("--idle-timeout", "2");
        Socket socket = connected(server)) {
      talk(socket, 4);
      check(isEnded(socket), "an idle connection was not closed");
    }
  }

  /** Whether it ends, in whatever way; what comes before that is nobody's matter. */
  static boolean isEnded(Socket socket) throws IOException {
    try {
      int next;
      do {
        next = socket.getInputStream().read();
      } while (next >= 0);
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true; // reset
    }
  }

  @SuppressWarnings("try") // closed before the end, which the server waits for
  private void ending() throws IOException, InterruptedException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      talk(socket, 5);
      server.terminate();
      awaitRefusal(server);
      socket.close();
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  static void awaitRefusal(JudgedServer server) {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < REFUSAL_LIMIT.toNanos()) {
      try (Socket late = server.connect()) {
        late.setSoTimeout(LATE_MILLIS); // it may have been accepted before the signal came
        if (isEnded(late)) {
          return;
        }
      } catch (IOException e) {
        return;
      }
    }
    throw new JudgementException(
        "it still accepts " + REFUSAL_LIMIT.toSeconds() + " s after SIGTERM");
  }

  private void metrics() throws IOException {
    try (JudgedServer server = start("--metrics", "127.0.0.1:0");
        Socket first = connected(server);
        Socket second = connected(server)) {
      talk(first, 1);
      talk(second, 2);
      int port = server.metricsPort();
      String page = Pages.get(port, "/metrics");
      check(page.startsWith("HTTP/1.1 200 "), "/metrics answers " + page);
      check(
          page.lines().anyMatch(line -> line.matches("\\w+_connections_open 2(\\.0)?")),
          "/metrics does not tell of two connections: " + page);
      String complaint = Pages.complaint(page.substring(page.indexOf("\r\n\r\n") + 4));
      check(complaint.isEmpty(), "promtool does not take the page: " + complaint);
      String other = Pages.get(port, "/");
      check(other.startsWith("HTTP/1.1 404 "), "/ answers " + other);
    }
  }

  /** Whoever asks for the page and does not end is no reason to keep others, or peers, waiting. */
  private void rudeScrapes() throws IOException {
    List<Socket> rude = new ArrayList<>();
    try (JudgedServer server = start("--metrics", "127.0.0.1:0");
        Socket peer = connected(server)) {
      int port = server.metricsPort();
      for (int i = 0; i < RESETS; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        rude.add(socket);
        socket.getOutputStream().write("GET /metrics HT".getBytes(StandardCharsets.US_ASCII));
      }
      talk(peer, 1);
      String page = Pages.get(port, "/metrics");
      check(page.startsWith("HTTP/1.1 200 "), "/metrics answers " + page);
    } finally {
      for (Socket socket : rude) {
        socket.close();
      }
    }
  }

  private void wrongOptions() throws IOException, InterruptedException {
    wrongOptions(
        List.of(
            List.of("--listen", "nowhere"),
            List.of("--max-connections", "many"),
            List.of("--idle-timeout", "0"),
            List.of("--what", "1"),
            List.of("--listen")));
  }

  final void wrongOptions(List<List<String>> all) throws IOException, InterruptedException {
    Path output = Files.createTempFile("judge", ".txt");
    try {
      for (List<String> wrong : all) {
        String said = String.join(" ", wrong);
        int code = JudgedServer.run(subject, output, wrong.toArray(String[]::new));
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        check(code == 2, said + " made it exit with " + code);
        check(printed.contains(wrong.getFirst()), said + " made it say " + printed);
      }
    } finally {
      Files.delete(output);
    }
  }
}
