package gyre.examples;

import gyre.Cancellation;
import gyre.Deadline;
import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sync.Broadcast;
import gyre.sync.BroadcastEvent;
import gyre.sync.Received;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat: {@code NICK ROOM} is the first line, {@code /join ROOM} changes the room, {@code /quit}
 * or the end of the input leaves, and every other line goes to all in the room. Who sends too fast
 * is read more slowly; who reads too slowly misses lines, and holds up nobody.
 */
public final class Chat {
  private static final int LINE_LIMIT = 500;
  private static final int LINES_KEPT = 64;
  private static final int BURST = 20;
  private static final Duration PERIOD = Duration.ofSeconds(2);
  static final ListenOptions OPTIONS =
      ListenOptions.defaults().maxConnections(10_000).stream(
          StreamOptions.defaults()
              .outputLimitBytes(16 * 1024)
              .sendBufferBytes(16 * 1024)
              .idleTimeout(Duration.ofMinutes(10))
              .writeTimeout(Duration.ofSeconds(30)));

  private final Map<String, Broadcast<String>> rooms = new HashMap<>();
  private final Map<String, Integer> members = new HashMap<>(); // of the rooms
  private final Set<String> nicks = new HashSet<>();

  private Chat() {}

  public static void main(String[] arguments) {
    if (arguments.length != 1 || !arguments[0].matches("\\d{1,5}")) {
      System.err.println("usage: chat PORT");
      System.exit(2);
    }
    try (Loop loop = Loop.open()) {
      ExitStatus status =
          loop.runUntilShutdown(() -> {
            int port = Integer.parseInt(arguments[0]);
            TcpListener listener = TcpListener.bind("0.0.0.0", port, OPTIONS);
            System.out.println("listening on port " + listener.port());
            serve(listener);
          });
      System.exit(status.code());
    } catch (IoException e) {
      System.err.println("chat: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Until the listener is closed or the loop ends. */
  static void serve(TcpListener listener) {
    Chat chat = new Chat();
    listener.serve(chat::talk);
  }

  private void talk(TcpStream stream) throws Exception {
    String hello = Cancellation.within(Duration.ofSeconds(30), () -> stream.readLine(LINE_LIMIT));
    String[] words = hello == null ? new String[0] : hello.split(" ", 2);
    if (words.length != 2 || !nicks.add(words[0])) {
      stream.write("* say NICK ROOM, with a nick that nobody has\n");
      return;
    }
    try {
      for (String room = words[1]; room != null; ) {
        room = stay(stream, words[0], room);
      }
    } finally {
      nicks.remove(words[0]);
    }
  }

  /** Talks in one room, and answers the next one; null at the end. */
  private @Nullable String stay(TcpStream stream, String nick, String name) {
    Broadcast<String> room = rooms.computeIfAbsent(name, any -> Broadcast.create(any, LINES_KEPT));
    members.merge(name, 1, Integer::sum);
    try (Scope scope = Scope.open(nick)) {
      Broadcast.Subscription<String> lines = room.subscribe();
      Fiber<?> writer = scope.start("writer of " + nick, () -> write(stream, lines));
      room.publish("* " + nick + " is here\n");
      return read(stream, nick, room, writer);
    } finally {
      room.publish("* " + nick + " has left\n");
      if (members.merge(name, -1, Integer::sum) == 0) {
        members.remove(name);
        rooms.remove(name);
      }
    }
  }

  private static @Nullable String read(
      TcpStream stream, String nick, Broadcast<String> room, Fiber<?> writer) {
    while (true) {
      Deadline period = Deadline.in(PERIOD);
      for (int i = 0; i < BURST; i++) {
        String line = stream.readLine(LINE_LIMIT);
        if (line == null || line.equals("/quit") || !writer.isAlive()) {
          return null;
        }
        if (line.startsWith("/join ")) {
          return line.substring("/join ".length());
        }
        room.publish(nick + ": " + line + "\n");
      }
      Fiber.await(period); // faster than the limit: TCP slows the client down
    }
  }

  private static void write(TcpStream stream, Broadcast.Subscription<String> lines) {
    while (true) {
      switch (lines.next()) {
        case Received.Value<String>(String line) -> stream.write(line);
        case BroadcastEvent.Lagged<String>(long missed) ->
            stream.write("* " + missed + " lines missed\n");
        default -> {
          return;
        }
      }
    }
  }
}
