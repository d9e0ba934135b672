package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.io.OutputFullException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * In push style a handler may write until it is refused, and write what was refused once more:
 * nothing of it may have been sent before.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RefusedPieceTest {
  enum Framing {
    CHUNKED,
    LENGTH,
    GZIP
  }

  enum Kind {
    ARRAY,
    BUFFER,
    QUEUE
  }

  /** Never looks whether there is room. */
  private static final class Pusher implements WritableHandler {
    private final byte[] all;
    private final int pieceBytes;
    private final Kind kind;
    private final CountDownLatch refused;
    private final ByteQueue queue = ByteQueue.create();
    private int sent;

    Pusher(byte[] all, int pieceBytes, Kind kind, CountDownLatch refused) {
      this.all = all;
      this.pieceBytes = pieceBytes;
      this.kind = kind;
      this.refused = refused;
    }

    @Override
    public void onWritable(ResponseBody out) {
      try {
        while (sent < all.length) {
          int part = Math.min(pieceBytes, all.length - sent);
          write(out, part);
          sent += part;
        }
        out.close();
      } catch (OutputFullException e) {
        refused.countDown();
      }
    }

    private void write(ResponseBody out, int part) {
      switch (kind) {
        case ARRAY -> out.write(all, sent, part);
        case BUFFER -> {
          ByteBuffer buffer = ByteBuffer.wrap(all, sent, part);
          int before = buffer.position();
          try {
            out.write(buffer);
          } catch (OutputFullException e) {
            assertThat(buffer.position()).isEqualTo(before);
            throw e;
          }
          assertThat(buffer.hasRemaining()).isFalse();
        }
        case QUEUE -> {
          if (queue.isEmpty()) {
            queue.append(all, sent, part);
          }
          out.write(queue);
          assertThat(queue.isEmpty()).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "epoll, CHUNKED, ARRAY, 30000",
    "epoll, CHUNKED, ARRAY, 700",
    "epoll, CHUNKED, BUFFER, 30000",
    "epoll, CHUNKED, QUEUE, 30000",
    "epoll, LENGTH, ARRAY, 30000",
    "epoll, GZIP, ARRAY, 30000",
    "epoll, GZIP, QUEUE, 30000",
    "io_uring, CHUNKED, ARRAY, 30000",
    "io_uring, LENGTH, BUFFER, 30000",
    "nio, CHUNKED, ARRAY, 30000",
  })
  void shouldTakeOnceMoreWhatWasRefused(String engine, Framing framing, Kind kind, int pieceBytes)
      throws Exception {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    byte[] all = new byte[6_000_000];
    random.nextBytes(all);
    CountDownLatch refused = new CountDownLatch(1);
    List<String> reported = new CopyOnWriteArrayList<>();
    HttpHandler handler =
        (request, response) -> {
          if (request.isPath("/next")) {
            response.send("next");
            return;
          }
          response.contentType("text/plain");
          ResponseBody out =
              framing == Framing.LENGTH ? response.stream(all.length) : response.stream();
          out.onWritable(new Pusher(all, pieceBytes, kind, refused));
        };
    HttpOptions options = HttpOptions.defaults();
    try (LoopGroup group =
            LoopGroup.open(
                1,
                Loops.options(engine)
                    .poolLimitBytes(4 << 20)
                    .failures((source, e) -> reported.add(String.valueOf(e))));
        HttpServer server =
            HttpServer.onRequest(
                group.loop(0),
                Style.ANY_PORT,
                framing == Framing.GZIP ? options.compression(Compression.gzip()) : options,
                handler);
        RawClient client = new RawClient(server.address())) {
      client.send(
          """
          GET / HTTP/1.1\r
          Host: a\r
          Accept-Encoding: gzip\r
          \r
          GET /next HTTP/1.1\r
          Host: a\r
          \r
          """);
      refused.await(); // nothing is read before
      byte[] body = client.receive().body().getBytes(StandardCharsets.ISO_8859_1);
      assertThat(framing == Framing.GZIP ? unpacked(body) : body).isEqualTo(all);
      assertThat(client.receive().body()).isEqualTo("next");
    }
    assertThat(reported).isEmpty();
  }

  private static byte[] unpacked(byte[] bytes) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      in.transferTo(all);
    }
    return all.toByteArray();
  }
}
