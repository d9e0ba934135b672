package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The example {@code redis}, also with the programs of Redis itself as its clients. */
@Timeout(120)
class RedisTest {
  private static void withServer(IntConsumer body) {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0, Redis.OPTIONS);
        try (Scope scope = Scope.open("program")) {
          Fiber<?> server = scope.start("redis", () -> Redis.serve(listener));
          body.accept(listener.port());
          listener.close();
          Object ignored = server.join();
        }
      });
    }
  }

  /** What comes back until the server has answered everything and closed. */
  private static String answer(int port, String input) {
    try (TcpStream stream = TcpStream.connect("127.0.0.1", port)) {
      stream.write(input.getBytes(StandardCharsets.ISO_8859_1));
      stream.shutdownOutput();
      StringBuilder all = new StringBuilder();
      while (stream.await(1)) {
        int bytes = (int) stream.input().size();
        all.append(stream.input().readString(bytes, StandardCharsets.ISO_8859_1));
      }
      return all.toString();
    }
  }

  private static String command(String... words) {
    StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      command.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return command.toString();
  }

  @Test
  void shouldKeepTextsCountersAndLists() {
    String all =
        command("SET", "text", "a\r\n\u00ff")
            + command("get", "text")
            + command("GET", "nothing")
            + command("INCR", "count")
            + command("INCR", "count")
            + command("INCR", "text")
            + command("LPUSH", "list", "a", "b")
            + command("LPOP", "list")
            + command("GET", "list")
            + command("LPUSH", "text", "a")
            + command("LPOP", "nothing")
            + command("EXISTS", "text", "list", "nothing")
            + command("DEL", "text", "list", "nothing")
            + command("EXISTS", "text", "list")
            + command("LPUSH", "list", "c")
            + command("LPOP", "list")
            + command("EXISTS", "list")
            + command("ECHO", "");
    String wrongType = "-WRONGTYPE the key has another kind of value\r\n";
    withServer(port ->
        assertThat(answer(port, all))
            .isEqualTo(
                "+OK\r\n"
                    + "$4\r\na\r\n\u00ff\r\n"
                    + "$-1\r\n"
                    + ":1\r\n"
                    + ":2\r\n"
                    + "-ERR value is not an integer or out of range\r\n"
                    + ":2\r\n"
                    + "$1\r\nb\r\n"
                    + wrongType
                    + wrongType
                    + "$-1\r\n"
                    + ":2\r\n"
                    + ":2\r\n"
                    + ":0\r\n"
                    + ":1\r\n"
                    + "$1\r\nc\r\n"
                    + ":0\r\n"
                    + "$0\r\n\r\n"));
  }

  @Test
  void shouldUnderstandCommandsHoweverTheyAreCut() {
    String all = command("SET", "k", "some text") + "PING\r\n" + command("GET", "k");
    withServer(port -> {
      for (int cut = 1; cut < all.length(); cut++) {
        try (TcpStream stream = TcpStream.connect("127.0.0.1", port)) {
          stream.write(all.substring(0, cut));
          stream.flush();
          Fiber.yield();
          stream.write(all.substring(cut));
          assertThat(stream.readLine(100)).isEqualTo("+OK");
          assertThat(stream.readLine(100)).isEqualTo("+PONG");
          assertThat(stream.readLine(100)).isEqualTo("$9");
          assertThat(stream.readLine(100)).isEqualTo("some text");
        }
      }
    });
  }

  @Test
  void shouldSendTheAnswersOfManyCommandsAtOnce() {
    int commands = 500;
    ByteBuffer answers = ByteBuffer.allocate(64 * 1024);
    withServer(port -> {
      try (TcpStream stream = TcpStream.connect("127.0.0.1", port)) {
        stream.write("PING\r\n".repeat(commands));
        assertThat(stream.read(answers)).isEqualTo(commands * "+PONG\r\n".length());
      }
    });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*0|",
        "*-1|",
        "*1000000|",
        "*1 +4|",
        "*1 $-1|",
        "*1 $70000|",
        "*x|",
        "*1 $4 PING|+PONG",
        "NONSENSE|-ERR no such command"
      })
  void shouldRefuseWhatIsNoCommand(String input, @Nullable String expected) {
    String lines = input.replace(" ", "\r\n") + "\r\n";
    withServer(port -> {
      String answer = answer(port, lines);
      if (expected == null) {
        assertThat(answer).startsWith("-ERR Protocol error: ").endsWith("\r\n");
      } else {
        assertThat(answer).isEqualTo(expected + "\r\n");
      }
    });
  }

  // ---- with the clients of Redis

  private static CommandResult client(String program, String... arguments) {
    Path path = Path.of("/usr/bin", program);
    if (!Files.isExecutable(path)) {
      assertThat(System.getenv("GYRE_JUDGES")).as("%s is missing", path).isNull();
      System.out.println("SKIPPED: " + program + " is not installed (package redis-tools)");
      Assumptions.abort(program + " is not installed");
    }
    return Command.of(path.toString()).arguments(arguments).timeout(Duration.ofSeconds(60)).run();
  }

  private static String cli(int port, String... words) {
    List<String> head = List.of("-h", "127.0.0.1", "-p", String.valueOf(port));
    String[] all = Stream.concat(head.stream(), List.of(words).stream()).toArray(String[]::new);
    CommandResult result = client("redis-cli", all);
    assertThat(result.exit().code()).isZero();
    return result.output().strip();
  }

  @Test
  void shouldServeRedisCli() {
    withServer(port -> {
      assertThat(cli(port, "PING")).isEqualTo("PONG");
      assertThat(cli(port, "SET", "name", "two words")).isEqualTo("OK");
      assertThat(cli(port, "GET", "name")).isEqualTo("two words");
      assertThat(cli(port, "INCR", "n")).isEqualTo("1");
      assertThat(cli(port, "LPUSH", "l", "a", "b")).isEqualTo("2");
      assertThat(cli(port, "LPOP", "l")).isEqualTo("b");
      assertThat(cli(port, "NOSUCH")).startsWith("ERR no such command");
    });
  }

  @ParameterizedTest
  @CsvSource({"1", "16"})
  void shouldServeRedisBenchmark(int pipeline) {
    String tests = "ping,set,get,incr,lpush,lpop";
    withServer(port -> {
      CommandResult result =
          client(
              "redis-benchmark",
              "-h",
              "127.0.0.1",
              "-p",
              String.valueOf(port),
              "-n",
              "2000",
              "-c",
              "20",
              "-P",
              String.valueOf(pipeline),
              "-t",
              tests,
              "--csv");
      assertThat(result.exit().code()).isZero();
      String output = result.output();
      for (String test : ("ping_inline,ping_mbulk," + tests.substring(5)).split(",", -1)) {
        Matcher line = Pattern.compile("(?im)^\"" + test + "\",\"([0-9.]+)\"").matcher(output);
        assertThat(line.find()).as(output).isTrue();
        assertThat(Double.parseDouble(line.group(1))).isPositive();
      }
    });
  }
}
