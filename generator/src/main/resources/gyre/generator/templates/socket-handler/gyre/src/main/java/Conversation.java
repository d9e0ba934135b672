import gyre.io.ByteStream;
import gyre.io.LimitExceededException;

/** The server's side of one connection, as a state machine of lines. */
final class Conversation {
  private static final int LINE_BYTES = 1024;

  /** What is expected next. */
  enum State {
    HELLO,
    READY,
    ENDED
  }

  private State state = State.HELLO;

  /** In a fiber of the connection. */
  static void with(ByteStream stream) {
    Conversation conversation = new Conversation();
    while (conversation.state() != State.ENDED) {
      String line;
      try {
        line = stream.readLine(LINE_BYTES);
      } catch (LimitExceededException e) {
        stream.write("error line too long\n");
        return;
      }
      if (line == null) {
        return;
      }
      stream.write(conversation.on(line) + "\n");
    }
  }

  State state() {
    return state;
  }

  /** What is answered. This is the only place that changes the state. */
  String on(String line) {
    return switch (state) {
      case HELLO -> line.matches("hello \\S{1,64}") ? to(State.READY, "welcome") : refuse("hello");
      case READY -> {
        if (line.equals("bye")) {
          yield to(State.ENDED, "bye");
        }
        yield line.matches("ping [0-9]{1,18}")
            ? to(State.READY, "pong " + line.substring("ping ".length()))
            : refuse("ping or bye");
      }
      case ENDED -> throw new IllegalStateException("the conversation has ended: " + line);
    };
  }

  private String refuse(String expected) {
    return to(State.ENDED, "error expected " + expected);
  }

  private String to(State next, String answer) {
    state = next;
    return answer;
  }
}
