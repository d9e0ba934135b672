package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.io.IoException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients that send requests in pieces, late and many at once, to a server in a world of short
 * reads, delays and resets. Each request is answered at most once and in its order, and its answer
 * has its own bytes and no others.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpSimulationTest {
  private static final int PORT = 8080;
  private static final int SEEDS = 12;

  /** Buffers of a few bytes make a connection slower than any client that is welcome. */
  private static final HttpLimits PATIENT =
      HttpLimits.defaults()
          .headTimeout(Duration.ofHours(3))
          .bodyTimeout(Duration.ofHours(3))
          .writeTimeout(Duration.ofHours(3))
          .idleTimeout(Duration.ofHours(3));

  /** What could be wrong with a server, and must be found. */
  enum Planted {
    NOTHING,
    /** A request is given the answer of the one before. */
    SWAPPED_ANSWERS,
    /** An answer has a byte of another exchange. */
    FOREIGN_BYTE,
    /** An answer is a byte short, and says so. */
    SHORT_BODY,
    /** A request is handled twice. */
    HANDLED_TWICE,
    /** A connection goes on after an error that nobody asked for. */
    ERROR_KEPT_ALIVE,
    /** An answer is cut while it is sent. */
    CUT_ANSWER,
    /** A request is forgotten, and answered with nothing. */
    FORGOTTEN
  }

  /** What the server was asked, by the name of the request. */
  private static final class Model {
    final Map<String, Integer> handled = new HashMap<>();
    Planted planted = Planted.NOTHING;
    String before = "nobody nothing";
    int requests;

    /** Now and then, in a way that each seed repeats. */
    boolean isWrongNow() {
      return planted != Planted.NOTHING && ++requests % 5 == 0;
    }

    int answers;
    int runs;

    void handle(String name) {
      handled.merge(name, 1, Integer::sum);
    }

    /** Beside what the clients see. */
    void check() {
      assertThat(handled.values()).as("how often each was handled").containsOnly(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldAnswerEachRequestInItsOrderWhateverTheTiming(Style style) {
    int answers = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Model model = new Model();
      simulation(seed, style, model, false).faults(Faults.timing()).run();
      model.check();
      answers += model.answers;
      assertThat(model.handled).as("nothing gets lost without faults").hasSize(model.answers);
    }
    assertThat(answers).isGreaterThan(SEEDS);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldAnswerEachRequestAtMostOnceWhereConnectionsBreak(Style style) {
    int answers = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Model model = new Model();
      simulation(seed, style, model, true).faults(Faults.all()).run();
      model.check();
      answers += model.answers;
      assertThat(model.handled.size()).isGreaterThanOrEqualTo(model.answers);
    }
    assertThat(answers).isPositive();
  }

  @ParameterizedTest
  @EnumSource(value = Planted.class, mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
  void shouldFindWhatIsPlanted(Planted planted) {
    for (Style style : Style.values()) {
      boolean isFound = false;
      for (long seed = 1; seed <= SEEDS && !isFound; seed++) {
        Model model = new Model();
        model.planted = planted;
        try {
          simulation(seed, style, model, false).faults(Faults.timing()).run();
          model.check();
          isFound = model.handled.size() != model.answers;
        } catch (AssertionError | RuntimeException found) {
          isFound = true;
        }
      }
      assertThat(isFound).as(planted + " in " + style).isTrue();
    }
  }

  private static Simulation simulation(long seed, Style style, Model model, boolean mayBreak) {
    return Simulation.seed(seed)
        .engine(WorldEngine.ofSeed(seed))
        .limit(Duration.ofHours(10))
        .world(world -> {
          world.host("server").background(() -> serve(style, model, new Random(seed), mayBreak));
          for (int i = 0; i < 2; i++) {
            String name = "client-" + i;
            Random random = new Random(seed * 31 + i);
            world.host(name).run(() -> talk(name, model, random, mayBreak));
            world.link(name, "server").latency(Duration.ofMillis(1), Duration.ofMillis(20));
          }
        });
  }

  // ---- the server

  private static void serve(Style style, Model model, Random random, boolean mayBreak) {
    InetSocketAddress where = new InetSocketAddress("0.0.0.0", PORT);
    try (HttpServer server =
        style.open(
            Loop.current(),
            where,
            HttpOptions.defaults().limits(mayBreak ? HttpLimits.defaults() : PATIENT),
            (request, response) -> handle(style, model, random, request, response))) {
      assertThat(server.address().getPort()).isEqualTo(PORT);
      Fiber.sleep(Duration.ofDays(1));
    }
  }

  private static void handle(
      Style style, Model model, Random random, Request request, Response response) {
    String name = request.path().substring(1);
    model.handle(name);
    String body = request.body().readText();
    if (model.isWrongNow()) {
      beWrong(model, name, body, response);
      return;
    }
    model.before = name + " " + body;
    if (style == Style.PUSH) {
      if (random.nextInt(3) == 0) {
        Response later = response.defer();
        Loop.current()
            .after(Duration.ofMillis(random.nextInt(50)), () -> later.send(name + " " + body));
      } else {
        response.send(name + " " + body);
      }
      return;
    }
    if (random.nextInt(3) == 0) {
      Fiber.sleep(Duration.ofMillis(random.nextInt(50)));
    }
    if (random.nextBoolean()) {
      response.send(name + " " + body);
    } else {
      ResponseBody out = response.stream();
      out.write(name + " ");
      int half = body.length() / 2;
      out.write(body.substring(0, half).getBytes(StandardCharsets.ISO_8859_1));
      out.write(body.substring(half).getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private static void beWrong(Model model, String name, String body, Response response) {
    String right = name + " " + body;
    switch (model.planted) {
      case NOTHING -> throw new AssertionError();
      case SWAPPED_ANSWERS -> response.send(model.before);
      case FOREIGN_BYTE -> response.send(right.substring(0, right.length() - 1) + '!');
      case SHORT_BODY -> response.send(right.substring(0, right.length() - 1));
      case HANDLED_TWICE -> {
        model.handle(name);
        response.send(right);
      }
      case ERROR_KEPT_ALIVE -> response.status(500).send(right);
      case CUT_ANSWER -> {
        ResponseBody out = response.stream(right.length() + 1L);
        out.write(right);
        throw new IllegalStateException("planted");
      }
      case FORGOTTEN -> model.handled.remove(name);
    }
    if (!response.isStarted()) {
      response.send("");
    }
  }

  // ---- the clients

  private static void talk(String name, Model model, Random random, boolean mayBreak) {
    int run = model.runs++; // a host that comes back begins again
    for (int connection = 0; connection < 3; connection++) {
      if (mayBreak) {
        Fiber.sleep(Duration.ofSeconds(1)); // until the server is there
      }
      List<String> expected = new ArrayList<>();
      StringBuilder bytes = new StringBuilder();
      for (int i = random.nextInt(15); i >= 0; i--) {
        addRequest(name + "-" + run + "-" + connection + "-" + i, random, bytes, expected);
      }
      try (TcpStream stream = TcpStream.connect("server", PORT, options(mayBreak))) {
        Random pace = new Random(random.nextLong());
        Fiber<?> writer =
            Fiber.start(() -> {
              try {
                send(stream, bytes.toString().getBytes(StandardCharsets.ISO_8859_1), pace);
              } catch (IoException | IllegalStateException e) {
                assertThat(mayBreak).as(e.toString()).isTrue();
              }
            });
        for (String each : expected) {
          if (mayBreak && isRefusal(stream)) {
            break;
          }
          assertThat(answer(stream)).isEqualTo(each);
          model.answers++;
        }
        if (mayBreak) {
          stream.reset(); // which ends a writer that nobody listens to
        }
        Fiber.await(writer.end());
      } catch (IoException e) {
        if (!mayBreak) {
          throw e;
        }
      }
    }
  }

  /** Nobody sends again what got lost on the way to an end that is gone. */
  private static StreamOptions options(boolean mayBreak) {
    StreamOptions options = StreamOptions.defaults();
    return mayBreak
        ? options.readTimeout(Duration.ofMinutes(2)).writeTimeout(Duration.ofMinutes(2))
        : options;
  }

  private static void addRequest(
      String name, Random random, StringBuilder bytes, List<String> expected) {
    String content = name.repeat(random.nextInt(random.nextInt(20) == 0 ? 400 : 5));
    bytes.append("POST /").append(name).append(" HTTP/1.1\r\nHost: server\r\n");
    if (random.nextBoolean()) {
      bytes.append("Content-Length: ").append(content.length()).append("\r\n\r\n").append(content);
    } else {
      bytes.append("Transfer-Encoding: chunked\r\n\r\n");
      for (int at = 0; at < content.length(); ) {
        int end = Math.min(content.length(), at + 1 + random.nextInt(2000));
        bytes.append(Integer.toHexString(end - at)).append("\r\n");
        bytes.append(content, at, end).append("\r\n");
        at = end;
      }
      bytes.append("0\r\n\r\n");
    }
    expected.add(name + " " + content);
  }

  private static void send(TcpStream stream, byte[] bytes, Random pace) {
    int at = 0;
    while (at < bytes.length) {
      int part = Math.min(bytes.length - at, 1 + pace.nextInt(pace.nextBoolean() ? 20 : 5000));
      stream.write(bytes, at, part);
      at += part;
      if (pace.nextInt(4) == 0) {
        Fiber.sleep(Duration.ofMillis(pace.nextInt(20)));
      }
    }
  }

  /** Where time or memory was short there is an error, or the end, instead of an answer. */
  private static boolean isRefusal(TcpStream stream) {
    byte[] begin = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);
    if (!stream.await(begin.length + 1)) {
      return true;
    }
    byte first = stream.input().byteAt(begin.length);
    return first == '4' || first == '5';
  }

  private static String line(TcpStream stream) {
    String line = stream.readLine(1000);
    if (line == null) {
      throw new AssertionError("the server has closed the connection");
    }
    return line;
  }

  /** The body of the next answer. */
  static String answer(TcpStream stream) {
    assertThat(line(stream)).isEqualTo("HTTP/1.1 200 OK");
    int length = -1;
    for (String line = line(stream); !line.isEmpty(); line = line(stream)) {
      if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    StringBuilder body = new StringBuilder();
    if (length >= 0) {
      append(stream, length, body);
      return body.toString();
    }
    for (int size = size(stream); size > 0; size = size(stream)) {
      append(stream, size, body);
      assertThat(line(stream)).isEmpty();
    }
    assertThat(line(stream)).isEmpty();
    return body.toString();
  }

  private static int size(TcpStream stream) {
    return Integer.parseInt(line(stream), 16);
  }

  private static void append(TcpStream stream, int length, StringBuilder body) {
    body.append(new String(stream.readExactly(length), StandardCharsets.ISO_8859_1));
  }
}
