import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.Source;
import gyre.Timer;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.time.Duration;

/** A client that stays connected: a state machine that only SIGTERM ends. */
final class Client {
  private static final int LINE_BYTES = 1024;

  /** Where it stands. Each state has one method, which answers the next one. */
  enum State {
    CONNECTING,
    GREETING,
    READY,
    WAITING,
    ENDED
  }

  private final Settings settings;
  private final ConnectOptions connecting;
  private Pauses pauses;
  private TcpStream stream; // null while there is none
  private long pings;
  private String problem = "";

  Client(Settings settings) {
    this.settings = settings;
    this.connecting = ConnectOptions.defaults().timeout(settings.answerTimeout);
  }

  /** The exit code of the program. */
  int run() {
    ShutdownOptions ending = ShutdownOptions.defaults().drain(settings.drainTimeout);
    try (Loop loop = Loop.open()) {
      return loop.runUntilShutdown(ending, this::live).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage()); // of limits it says how to raise them
      return 1;
    }
  }

  private void live() throws Exception {
    pauses = new Pauses(settings.retryMax, Loop.current().random());
    State state = State.CONNECTING;
    while (state != State.ENDED) {
      say(state);
      state = step(state);
    }
    end();
    say(State.ENDED);
  }

  private State step(State state) throws Exception {
    try {
      return switch (state) {
        case CONNECTING -> connect();
        case GREETING -> greet();
        case READY -> beat();
        case WAITING -> pause();
        case ENDED -> State.ENDED;
      };
    } catch (IoException | DeadlineExceededException e) {
      return fail(e.getMessage());
    }
  }

  private State connect() {
    stream = TcpStream.connect(settings.connect, StreamOptions.defaults(), connecting);
    return State.GREETING;
  }

  private State greet() throws Exception {
    stream.write("hello {{name}}\n");
    String answer = answer();
    if (!answer.equals("welcome")) {
      return fail("the server said \"" + answer + "\" where \"welcome\" was due");
    }
    pauses.reset();
    return State.READY;
  }

  /** Asks now and then whether the server is there; what comes unasked is read at once. */
  private State beat() throws Exception {
    Loop loop = Loop.current();
    Timer heartbeat = loop.after(settings.heartbeat, () -> {});
    Source stopping = loop.stopping();
    Source readable = stream.readable();
    Source first = Fiber.awaitFirst(stopping, heartbeat.fired(), readable);
    heartbeat.cancel();
    if (first == stopping) {
      return State.ENDED;
    }
    if (first == readable) {
      return fail("the server said \"" + answer() + "\" unasked");
    }
    String expected = "pong " + ++pings;
    stream.write("ping " + pings + "\n");
    String answer = answer();
    return answer.equals(expected)
        ? State.READY
        : fail("the server said \"" + answer + "\" where \"" + expected + "\" was due");
  }

  private State pause() {
    Loop loop = Loop.current();
    Duration pause = pauses.next();
    System.err.println("{{name}}: " + problem + "; connecting again in " + pause.toMillis() + " ms");
    Timer timer = loop.after(pause, () -> {});
    Source stopping = loop.stopping();
    Source first = Fiber.awaitFirst(stopping, timer.fired());
    timer.cancel();
    return first == stopping ? State.ENDED : State.CONNECTING;
  }

  /** Within the time that the server has. */
  private String answer() throws Exception {
    String line = Cancellation.within(settings.answerTimeout, () -> stream.readLine(LINE_BYTES));
    return line == null ? "(end)" : line;
  }

  private State fail(String why) {
    problem = why;
    if (stream != null) {
      stream.reset();
      stream = null;
    }
    return State.WAITING;
  }

  private void end() {
    if (stream != null) {
      try {
        stream.write("bye\n");
        stream.close();
      } catch (IoException e) {
        // It has gone first.
      }
    }
  }

  private static void say(State state) {
    System.out.println("state " + state);
  }
}
