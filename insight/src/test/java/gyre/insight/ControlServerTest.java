package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Questions and answers, and what happens where one of both ends is not well. */
@Timeout(180)
class ControlServerTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory = Path.of("");
  private volatile boolean isOver;
  private @Nullable Thread thread;

  private Path socket() {
    return directory.resolve("sock");
  }

  private void serve(Function<String, Answer> answers) throws IOException {
    ControlServer server = ControlServer.open(answers, socket());
    thread =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!isOver) {
                boolean ignored = server.work();
                server.await(1);
              }
            });
  }

  @AfterEach
  void end() throws InterruptedException {
    isOver = true;
    if (thread != null) {
      thread.join();
    }
  }

  private List<String> ask(String question) throws IOException {
    List<String> lines = new ArrayList<>();
    ControlClient.ask(socket(), question, PATIENCE, lines::add);
    return lines;
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket()));
  }

  @Test
  void shouldNotWaitForEverForAProcessThatIsStopped() throws IOException {
    try (ServerSocketChannel stopped = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      ServerSocketChannel ignored = stopped.bind(UnixDomainSocketAddress.of(socket()));
      assertThatThrownBy(
              () -> ControlClient.ask(socket(), "dump", Duration.ofMillis(50), line -> {}))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("does not answer");
    }
  }

  @Test
  void shouldServeTheNextWhereAnAnswerFailed() throws IOException {
    serve(question -> {
      if (question.equals("bad")) {
        throw new StackOverflowError("planted");
      }
      return Answer.of("well\n");
    });
    assertThatThrownBy(() -> ask("bad"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not answer to the end");
    assertThat(ask("good")).containsExactly("well");
  }

  /** Sixty-eight megabytes, which is more than may wait for a client. */
  @Test
  void shouldGiveALargeAnswerPieceByPiece() throws IOException {
    String piece = ("x".repeat(1023) + "\n").repeat(4096);
    int[] left = {17};
    serve(question ->
        output -> {
          assertThat(output.hasRoom()).isTrue();
          output.write(piece);
          return --left[0] == 0;
        });
    List<String> lines = ask("tree");
    assertThat(lines).hasSize(17 * 4096);
    assertThat(new HashSet<>(lines)).containsExactly("x".repeat(1023));
  }

  @Test
  void shouldNotKeepALineThatDoesNotEnd() throws IOException {
    String piece = "x".repeat(1 << 20);
    serve(question ->
        output -> {
          if (output.hasRoom()) {
            output.write(piece);
          }
          return false;
        });
    assertThatThrownBy(() -> ask("tree"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("answers with an endless line");
  }

  @Test
  void shouldSayWhyItRefuses() throws IOException {
    serve(question -> output -> false);
    List<SocketChannel> others = new ArrayList<>();
    try {
      for (int i = 0; i < 16; i++) {
        others.add(connect());
      }
      assertThatThrownBy(() -> ask("stalls"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("16 ask already");
    } finally {
      for (SocketChannel other : others) {
        other.close();
      }
    }
  }

  @Test
  void shouldSayWhatItDoesNotUnderstand() throws IOException {
    serve(new Answers(List.of(), new StallLog())::to);
    assertThatThrownBy(() -> ask("weather"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unknown question 'weather'");
    assertThatThrownBy(() -> ask("trace x")).hasMessageContaining("'x' is no number");
  }

  @Test
  void shouldLetOneTraceAtATime() throws Exception {
    Answers answers = new Answers(List.of(), new StallLog());
    CountDownLatch hasBegun = new CountDownLatch(1);
    serve(question -> {
      Answer answer = answers.to(question);
      hasBegun.countDown();
      return answer;
    });
    try (SocketChannel first = connect()) {
      int ignored = first.write(ByteBuffer.wrap("trace 3000\n".getBytes(StandardCharsets.UTF_8)));
      hasBegun.await(); // of two that come at once, either may be served first
      assertThatThrownBy(() -> ask("trace 0.01"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("somebody traces this process already");
    }
    while (true) { // until it is noticed that the first has gone
      try {
        assertThat(ask("trace 0.01")).isEmpty();
        return;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("already");
      }
    }
  }

  /** As {@code echo stalls | nc -N -U} does. */
  @Test
  void shouldAnswerOneWhoHasNothingMoreToSay() throws IOException {
    int[] left = {5};
    serve(question ->
        output -> {
          output.write("line\n");
          return --left[0] == 0;
        });
    try (SocketChannel channel = connect();
        InputStream input = Channels.newInputStream(channel)) {
      int ignored = channel.write(ByteBuffer.wrap("stalls\n".getBytes(StandardCharsets.UTF_8)));
      SocketChannel _ = channel.shutdownOutput();
      assertThat(new String(input.readAllBytes(), StandardCharsets.UTF_8).lines()).hasSize(6);
    }
  }
}
