package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.OutputFullException;
import gyre.io.PoolExhaustedException;
import gyre.tls.SelfSigned;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Clients that pipeline random requests, whose answers come in every way that push style has, while
 * the loop's memory comes and goes: each answer comes whole and in its place, and nobody waits for
 * good. {@code -Dgyre.test.seed=N} makes other requests.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScarceMemoryTest {
  private static final int CLIENTS = 6;
  private static final int ROUNDS = 8;
  private static final int PIPELINED = 5;
  private static final int PIECE_BYTES = 5000;
  private static final List<String> WAYS =
      List.of("send", "post", "timer", "pieces", "queue", "park");

  private final long seed = Long.getLong("gyre.test.seed", 1);
  private final List<String> reported = new CopyOnWriteArrayList<>();

  /** What the answer to a request is: its target again and again. */
  private static byte[] body(String target) {
    int length = Integer.parseInt(target.split("/", -1)[2]);
    return target
        .repeat(length / target.length() + 1)
        .substring(0, length)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void answer(Request request, Response response) throws Exception {
    String target = request.target();
    byte[] body = body(target);
    switch (target.split("/", -1)[1]) {
      case "send" -> response.send(body);
      case "post" -> {
        Response later = response.defer();
        Loop.current().post(() -> later.send(body));
      }
      case "timer" -> {
        Response later = response.defer();
        Timer ignored = Loop.current().after(Duration.ofMillis(1), () -> later.send(body));
      }
      case "pieces" -> response.stream().onWritable(new Pieces(body));
      case "queue" -> sendQueue(request, response, body);
      default ->
          HttpHandler.inFiber(
                  (_, in) -> {
                    try (ResponseBody out = in.stream(body.length)) {
                      out.write(body, 0, body.length);
                    }
                  })
              .handle(request, response);
    }
  }

  private static void sendQueue(Request request, Response response, byte[] body) {
    ByteQueue queue = request.body().input().sibling();
    try {
      queue.append(body, 0, body.length);
    } catch (PoolExhaustedException e) {
      queue.close();
      response.send(body);
      return;
    }
    response.send(queue);
  }

  private static final class Pieces implements WritableHandler {
    private final byte[] body;
    private int sent;

    Pieces(byte[] body) {
      this.body = body;
    }

    @Override
    public void onWritable(ResponseBody out) {
      while (sent < body.length && out.isWritable()) {
        int length = Math.min(PIECE_BYTES, body.length - sent);
        try {
          out.write(body, sent, length);
        } catch (OutputFullException e) {
          return; // and is told when there is memory
        }
        sent += length;
      }
      if (sent == body.length) {
        out.close();
      }
    }
  }

  /** Takes a part of the loop's memory, or all of it, and gives it back. */
  private static final class Hog implements Runnable {
    private final Random random;
    private final ByteQueue queue;
    private final byte[] block = new byte[1024];

    Hog(Random random, ByteQueue queue) {
      this.random = random;
      this.queue = queue;
    }

    @Override
    public void run() {
      queue.clear();
      for (int left = random.nextInt(6000); left > 0; left--) {
        if (!queue.tryAppend(block, 0, block.length)) {
          return;
        }
      }
    }
  }

  private boolean talk(RawClient client, Random random) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      List<String> targets = new ArrayList<>();
      StringBuilder requests = new StringBuilder();
      for (int i = 1 + random.nextInt(PIPELINED); i > 0; i--) {
        int length = 1 << random.nextInt(17);
        String way = WAYS.get(random.nextInt(WAYS.size()));
        int size = length + random.nextInt(length);
        String target = "/" + way + "/" + size + "/" + random.nextInt();
        targets.add(target);
        requests.append("GET ").append(target).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      client.send(requests.toString());
      for (String target : targets) {
        RawClient.Answer answer = client.receive();
        assertThat(answer.status()).as(target).isEqualTo(200);
        boolean isSame =
            answer.body().equals(new String(body(target), StandardCharsets.ISO_8859_1));
        assertThat(isSame).as("the answer to " + target).isTrue();
      }
    }
    return true;
  }

  @ParameterizedTest
  @CsvSource({"epoll, false", "epoll, true", "io_uring, false", "io_uring, true"})
  void shouldAnswerAllWhileMemoryComesAndGoes(String engine, boolean isTls) throws Exception {
    SelfSigned authority = SelfSigned.authority("Test");
    TlsServerOptions tls =
        TlsServerOptions.of(authority.issueServer("localhost", "127.0.0.1"))
            .applicationProtocols("http/1.1");
    HttpOptions options = HttpOptions.defaults();
    SocketFactory sockets = isTls ? RefusedEndTest.trusting(authority) : SocketFactory.getDefault();
    try (LoopGroup group =
            LoopGroup.open(
                1,
                Loops.options(engine)
                    .poolLimitBytes(2 << 20)
                    .failures((source, e) -> reported.add(source + ": " + e)));
        HttpServer server =
            HttpServer.onRequest(
                group.loop(0),
                Style.ANY_PORT,
                isTls ? options.tls(TlsServer.of(tls)) : options,
                (request, response) -> {
                  if (request.isPath("/hog")) {
                    Hog hog = new Hog(new Random(seed), request.body().input().sibling());
                    Timer every = Loop.current().every(Duration.ofMillis(2), hog);
                    every.background(true);
                    response.send();
                  } else {
                    answer(request, response);
                  }
                });
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<Boolean>> talking = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(seed * 1000 + i);
        RawClient client =
            new RawClient(
                sockets.createSocket(server.address().getAddress(), server.address().getPort()));
        if (i == 0) {
          assertThat(client.send("GET /hog HTTP/1.1\r\nHost: a\r\n\r\n").receive().status())
              .isEqualTo(200);
        }
        talking.add(
            threads.submit(() -> {
              try (client) {
                return talk(client, random);
              }
            }));
      }
      for (Future<Boolean> each : talking) {
        assertThat(each.get()).as("seed %d", seed).isTrue();
      }
    }
    assertThat(reported).as("seed %d", seed).isEmpty();
  }
}
