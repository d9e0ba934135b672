package gyre.lab.judge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Judges a client that stays connected and its server: the states of both, from outside. */
public final class StateJudge extends ServerJudge {
  private static final int LIMIT_MILLIS = 20_000;

  public StateJudge(Subject subject, int connections) {
    super(subject, connections);
    promise("server: goes through its states", this::states);
    promise("server: refuses what does not belong to a state, and ends", this::refusals);
    promiseAll();
    promise("client: greets, asks, and says when it is ready", this::greets);
    promise("client: connects again after a reset, an end and a refusal", this::again);
    promise("client: gives up a server that does not answer in time", this::silence);
    promise("client: gives up a server that answers something else", this::wrongAnswers);
    promise("client: waits for a server that is not there yet", this::later);
    promise("client: says bye at SIGTERM, and exits with 0", this::bye);
    promise("client: ends at SIGTERM while it waits, too", this::endWhileWaiting);
    promise("client and server of one kind understand each other", this::together);
    promise("explains wrong options of states", this::wrongTimes);
  }

  @Override
  void begin(Socket socket) throws IOException {
    expect(socket, "hello judge", "welcome");
  }

  @Override
  void talk(Socket socket, int number) throws IOException {
    expect(socket, "ping " + number, "pong " + number);
  }

  @Override
  byte[] partOfQuestion(int number) {
    return ("ping " + number).getBytes(StandardCharsets.US_ASCII);
  }

  private static void expect(Socket socket, String line, String answer) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    String said = Frames.LINES.read(socket.getInputStream());
    check(said.equals(answer), "\"" + line + "\" is answered by \"" + said + "\"");
  }

  private void states() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      talk(socket, 1);
      talk(socket, 2);
      expect(socket, "bye", "bye");
      check(isEnded(socket), "it does not end");
    }
  }

  private void refusals() throws IOException {
    try (JudgedServer server = start()) {
      for (List<String> lines :
          List.of(
              List.of("ping 1"),
              List.of("hello"),
              List.of("hello a", "hello b"),
              List.of("hello a", "ping x"),
              List.of("x".repeat(5000)))) {
        try (Socket socket = server.connect()) {
          for (String line : lines) {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
          }
          String said = "";
          for (int i = 0; i < lines.size(); i++) {
            said = Frames.LINES.read(socket.getInputStream());
          }
          check(said.startsWith("error "), lines + " is answered by " + said);
          check(isEnded(socket), "after " + lines + " it does not end");
        }
      }
    }
  }

  // ---- the client, whose server is the judge

  /** A connection of the client. */
  private record Peer(Socket socket, BufferedReader in) implements AutoCloseable {
    static Peer accept(ServerSocket listener) throws IOException {
      Socket socket = listener.accept();
      socket.setSoTimeout(LIMIT_MILLIS);
      return new Peer(
          socket,
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)));
    }

    void say(String line) throws IOException {
      socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    void hears(String begin) throws IOException {
      String line = in.readLine();
      check(line != null && line.startsWith(begin), "it says " + line + ", not " + begin);
    }

    void welcome() throws IOException {
      hears("hello ");
      say("welcome");
    }

    /** Hears one question, and answers it. */
    void answer() throws IOException {
      String line = in.readLine();
      check(line != null && line.startsWith("ping "), "it says " + line + ", not ping");
      say("pong" + String.valueOf(line).substring("ping".length()));
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static ServerSocket listener(int port) throws IOException {
    ServerSocket listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(LIMIT_MILLIS);
    return listener;
  }

  private JudgedProgram client(int port, String... options) throws IOException {
    String[] all = new String[options.length + 6];
    System.arraycopy(
        new String[] {"--connect", "127.0.0.1:" + port, "--heartbeat", "50", "--retry-max", "200"},
        0,
        all,
        0,
        6);
    System.arraycopy(options, 0, all, 6, options.length);
    return JudgedProgram.start(subject, all);
  }

  private void greets() throws IOException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort());
        Peer peer = Peer.accept(listener)) {
      peer.welcome();
      client.await("state READY");
      for (int i = 0; i < 3; i++) {
        peer.answer();
      }
    }
  }

  private void again() throws IOException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort())) {
      Peer.accept(listener).reset();
      try (Peer peer = Peer.accept(listener)) {
        peer.welcome();
        client.await("state READY");
        peer.answer();
      }
      client.await("state WAITING");
      try (Peer peer = Peer.accept(listener)) {
        peer.hears("hello ");
        peer.say("error not you");
        client.await("state WAITING");
      }
      try (Peer peer = Peer.accept(listener)) {
        peer.welcome();
        client.await("state READY");
      }
    }
  }

  private void silence() throws IOException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort(), "--answer-timeout", "200");
        Peer silent = Peer.accept(listener);
        Peer second = Peer.accept(listener)) {
      silent.hears("hello ");
      second.welcome();
      client.await("state READY");
      second.hears("ping ");
      client.await("state WAITING");
    }
  }

  private void wrongAnswers() throws IOException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort());
        Peer first = Peer.accept(listener)) {
      first.welcome();
      client.await("state READY");
      first.hears("ping ");
      first.say("pong of another");
      client.await("state WAITING");
      try (Peer second = Peer.accept(listener)) {
        second.welcome();
        client.await("state READY");
        second.say("nobody has asked");
        client.await("state WAITING");
      }
    }
  }

  private void later() throws IOException {
    int port;
    try (ServerSocket listener = listener(0)) {
      port = listener.getLocalPort();
    }
    try (JudgedProgram client = client(port)) {
      client.await("state WAITING");
      client.await("state WAITING");
      try (ServerSocket listener = listener(port);
          Peer peer = Peer.accept(listener)) {
        peer.welcome();
        client.await("state READY");
      }
    }
  }

  private void bye() throws IOException, InterruptedException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort(), "--heartbeat", "60000");
        Peer peer = Peer.accept(listener)) {
      peer.welcome();
      client.await("state READY");
      client.terminate();
      peer.hears("bye");
      int code = client.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  private void endWhileWaiting() throws IOException, InterruptedException {
    try (ServerSocket listener = listener(0);
        JudgedProgram client = client(listener.getLocalPort(), "--retry-max", "60000")) {
      Peer.accept(listener).reset();
      client.await("state WAITING");
      client.terminate();
      int code = client.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  private void together() throws IOException, InterruptedException {
    JudgedServer server = start();
    try (JudgedProgram client = client(server.port())) {
      client.await("state READY");
      server.close();
      client.await("state WAITING");
      try (JudgedServer next =
          JudgedServer.start(subject, "--listen", "127.0.0.1:" + server.port())) {
        client.await("state READY");
        check(next.isAlive(), "the server has ended");
      }
    } finally {
      server.close();
    }
  }

  private void wrongTimes() throws IOException, InterruptedException {
    wrongOptions(List.of(List.of("--heartbeat", "0"), List.of("--connect", "nowhere")));
  }
}
