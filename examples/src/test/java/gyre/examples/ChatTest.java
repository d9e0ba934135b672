package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sync.Latch;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example {@code chat}. */
@Timeout(120)
class ChatTest {
  private static final int CLIENTS = 1_000;
  private static final int ROOMS = 50;
  private static final int LIMIT = 1_000;

  private static TcpStream enter(TcpListener listener, String nick, String room) {
    TcpStream stream = TcpStream.connect("127.0.0.1", listener.port());
    stream.write(nick + " " + room + "\n");
    String mine = "* " + nick + " is here";
    String line = stream.readLine(LIMIT);
    while (line != null && !line.equals(mine)) {
      line = stream.readLine(LIMIT);
    }
    assertThat(line).isEqualTo(mine);
    return stream;
  }

  @Test
  void shouldServeAThousandWhileOneDoesNotRead() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0, Chat.OPTIONS);
        Fiber<?> server = Fiber.start("chat", () -> Chat.serve(listener));
        Latch present = Latch.create("present", CLIENTS);
        try (Scope clients = Scope.open("clients")) {
          for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            clients.start("client-" + i, () -> talk(listener, number, present));
          }
          stall(listener);
          clients.join();
        }
        listener.close();
        Object ignored = server.join();
      });
    }
  }

  /** Everybody in a room gets what everybody says there. */
  private static void talk(TcpListener listener, int number, Latch present) {
    try (TcpStream stream = enter(listener, "n" + number, "room-" + number % ROOMS)) {
      present.countDown();
      present.await();
      stream.write("hello\n");
      Set<String> heard = new HashSet<>();
      while (heard.size() < CLIENTS / ROOMS) {
        String line = Objects.requireNonNull(stream.readLine(LIMIT));
        if (line.endsWith(": hello")) {
          assertThat(heard.add(line)).as(line).isTrue();
          int from = Integer.parseInt(line.substring(1, line.indexOf(':')));
          assertThat(from % ROOMS).isEqualTo(number % ROOMS);
        }
      }
    }
  }

  /** Some talk much to one who does not read, and who is told what it has missed. */
  private static void stall(TcpListener listener) {
    StreamOptions small = StreamOptions.defaults().inputLimitBytes(1_024).receiveBufferBytes(4_096);
    try (TcpStream deaf = TcpStream.connect("127.0.0.1", listener.port(), small)) {
      deaf.write("deaf loud\n");
      assertThat(deaf.readLine(LIMIT)).isEqualTo("* deaf is here");
      for (int i = 0; i < 20; i++) {
        try (TcpStream loud = enter(listener, "loud-" + i, "loud")) {
          shout(loud, "loud-" + i);
        }
      }
      String line = deaf.readLine(LIMIT);
      while (line != null && !line.endsWith("lines missed")) {
        line = deaf.readLine(LIMIT);
      }
      assertThat(line).startsWith("* ");
    }
  }

  private static void shout(TcpStream stream, String nick) {
    for (int i = 0; i < 15; i++) {
      String said = i + " " + "x".repeat(450);
      stream.write(said + "\n");
      String answer = stream.readLine(LIMIT);
      while (answer != null && answer.startsWith("*")) {
        answer = stream.readLine(LIMIT);
      }
      assertThat(answer).isEqualTo(nick + ": " + said);
    }
  }

  @Test
  void shouldKeepNicksApartAndChangeRooms() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0, Chat.OPTIONS);
        Fiber<?> server = Fiber.start("chat", () -> Chat.serve(listener));
        try (TcpStream ann = enter(listener, "ann", "one");
            TcpStream bob = enter(listener, "bob", "two");
            TcpStream other = TcpStream.connect("127.0.0.1", listener.port())) {
          other.write("ann one\n");
          assertThat(other.readLine(LIMIT)).contains("a nick that nobody has");
          assertThat(other.readLine(LIMIT)).isNull();
          ann.write("/join two\n");
          assertThat(bob.readLine(LIMIT)).isEqualTo("* ann is here");
          ann.write("hello\n");
          assertThat(bob.readLine(LIMIT)).isEqualTo("ann: hello");
          ann.write("/quit\n");
          assertThat(bob.readLine(LIMIT)).isEqualTo("* ann has left");
        }
        listener.close();
        Object ignored = server.join();
      });
    }
  }
}
