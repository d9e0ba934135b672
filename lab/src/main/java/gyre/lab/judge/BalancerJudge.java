package gyre.lab.judge;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Judges what passes connections on: where they go, what becomes of bytes and of ends. */
public final class BalancerJudge extends ServerJudge {
  private static final int BULK_BYTES = 4 << 20;
  private static final int SPREAD = 10;
  private static final int TRIES = 200;

  private final TargetServer first;
  private final TargetServer second;

  /** Of a balancer, with so many connections at once, over two targets of its own. */
  static BalancerJudge of(Subject subject, int connections) {
    try {
      TargetServer first = new TargetServer('A', 0);
      return new BalancerJudge(subject, first, new TargetServer('B', 0), connections);
    } catch (IOException e) {
      throw new JudgementException("the judge has no targets: " + e);
    }
  }

  private BalancerJudge(Subject subject, TargetServer first, TargetServer second, int connections) {
    super(with(subject, first.port(), second.port()), connections);
    this.first = first;
    this.second = second;
    promise("spreads connections over its targets", this::spread);
    promise("passes on a half-close, and what comes after it", this::halfClose);
    promise("waits for a slow reader, and serves others meanwhile", this::slowReader);
    promise("leaves out a target that has died, and takes it back", this::death);
    promise("ends connections that nobody takes", this::nobody);
    promise("ends a connection whose target has died", this::cut);
    promiseAll();
    promise("on SIGTERM lets what is under way end", this::drain);
    promise("explains wrong targets", () -> wrongOptions(List.of(List.of("--target", "nowhere"))));
  }

  private static Subject with(Subject subject, int... ports) {
    List<String> command = new ArrayList<>(subject.command());
    for (int port : ports) {
      command.addAll(List.of("--target", "127.0.0.1:" + port));
    }
    return subject.startedBy(command);
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }

  @Override
  void begin(Socket socket) throws IOException {
    int letter = letter(socket);
    check(letter == 'A' || letter == 'B', "a target says " + letter);
  }

  private static int letter(Socket socket) throws IOException {
    return socket.getInputStream().read();
  }

  @Override
  void talk(Socket socket, int number) throws IOException {
    byte[] bytes = bytes(100, number);
    socket.getOutputStream().write(bytes);
    byte[] back = socket.getInputStream().readNBytes(bytes.length);
    check(Arrays.equals(bytes, back), "other bytes came back than were sent");
  }

  @Override
  byte[] partOfQuestion(int number) {
    return bytes(1 + number * 1000, number);
  }

  private void spread() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try (JudgedServer server = start()) {
      int[] counts = new int[2];
      for (int i = 0; i < SPREAD; i++) {
        Socket socket = server.connect();
        sockets.add(socket);
        counts[letter(socket) - 'A']++;
      }
      check(
          counts[0] > 0 && counts[1] > 0,
          "of " + SPREAD + " the targets got " + counts[0] + " and " + counts[1]);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private void halfClose() throws IOException {
    try (JudgedServer server = start();
        Socket socket = connected(server)) {
      byte[] bytes = bytes(50_000, 2);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      byte[] back = socket.getInputStream().readAllBytes();
      check(Arrays.equals(bytes, back), back.length + " of 50000 bytes came back before the end");
    }
  }

  private void slowReader() throws Exception {
    try (JudgedServer server = start();
        Socket slow = connected(server);
        Socket other = connected(server)) {
      byte[] bytes = bytes(BULK_BYTES, 3);
      Thread writer = sendAll(slow, bytes);
      for (int i = 0; i < 50; i++) {
        talk(other, i);
      }
      byte[] back = slow.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(Arrays.equals(bytes, back), back.length + " of " + BULK_BYTES + " bytes came back");
    }
  }

  /** With targets of its own, of which one dies and comes back. */
  private void death() throws IOException {
    try (TargetServer stays = new TargetServer('S', 0)) {
      TargetServer dies = new TargetServer('D', 0);
      Subject both = with(plainSubject(), stays.port(), dies.port());
      try (JudgedServer server = JudgedServer.start(both, "--retry-after", "1")) {
        int port = dies.port();
        dies.close();
        for (int i = 0; i < SPREAD; i++) {
          try (Socket socket = server.connect()) {
            int letter = letter(socket);
            check(letter == 'S', "a connection got " + letter + " while one target was dead");
          }
        }
        try (TargetServer back = new TargetServer('D', port)) {
          check(back.open() == 0 && sees(server, 'D'), "a target that is back gets nothing");
        }
      }
    }
  }

  /** Tries until a time-out of the balancer must be over. */
  private static boolean sees(JudgedServer server, char letter) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      try (Socket socket = server.connect()) {
        if (letter(socket) == letter) {
          return true;
        }
        Thread.sleep(20); // a connection that stays would change the choice
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  /** Without the targets that all others share. */
  private Subject plainSubject() {
    List<String> command = subject.command();
    return subject.startedBy(command.subList(0, command.size() - 4));
  }

  private void nobody() throws IOException {
    TargetServer dead = new TargetServer('X', 0);
    dead.close();
    try (JudgedServer server = JudgedServer.start(with(plainSubject(), dead.port()))) {
      for (int i = 0; i < 3; i++) {
        check(isRefused(server), "a connection stays that nobody takes");
      }
      check(server.isAlive(), "it has ended");
    }
  }

  /** Whether a connection is made and ended. A reset may come before it has been made here. */
  private static boolean isRefused(JudgedServer server) throws IOException {
    try (Socket socket = server.plain()) {
      return isEnded(socket);
    } catch (ConnectException e) {
      throw e; // nobody listens
    } catch (SocketException e) {
      return true;
    }
  }

  private void cut() throws IOException {
    TargetServer dies = new TargetServer('X', 0);
    try (JudgedServer server = JudgedServer.start(with(plainSubject(), dies.port()));
        Socket socket = server.connect()) {
      check(letter(socket) == 'X', "it leads elsewhere");
      dies.close();
      check(isEnded(socket), "a connection stays whose target has died");
      check(server.isAlive(), "it has ended");
    }
  }

  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drain() throws IOException, InterruptedException {
    try (JudgedServer server = start(PATIENT_DRAIN);
        Socket socket = connected(server)) {
      byte[] bytes = bytes(BULK_BYTES, 9);
      Thread writer = sendAll(socket, bytes);
      int ignored = socket.getInputStream().read();
      server.terminate();
      awaitRefusal(server);
      byte[] rest = socket.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(rest.length == BULK_BYTES - 1, rest.length + 1 + " of " + BULK_BYTES + " came back");
      socket.close();
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }
}
