package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.io.OutputFullException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In push style an answer that is compressed is refused where others are, and nowhere else. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlowGzipTest {
  private static final int PIECE_BYTES = 30_000;

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private final Random random = new Random(7);

  private byte[] piece(int bytes) {
    byte[] piece = new byte[bytes];
    random.nextBytes(piece); // can't be compressed
    return piece;
  }

  private void shouldSendWhatWasTaken(HttpHandler handler) throws Exception {
    try (LoopGroup group =
            LoopGroup.open(
                1,
                Loops.options("epoll")
                    .poolLimitBytes(4 << 20)
                    .failures((source, e) -> reported.add(String.valueOf(e))));
        HttpServer server =
            HttpServer.onRequest(
                group.loop(0),
                Style.ANY_PORT,
                HttpOptions.defaults().compression(Compression.gzip()),
                handler);
        RawClient client = new RawClient(server.address())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
      byte[] body = client.receive().body().getBytes(StandardCharsets.ISO_8859_1);
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
        assertThat(in.readAllBytes()).isEqualTo(taken.toByteArray());
      }
    }
    assertThat(reported).isEmpty();
  }

  /** More than a stream may have unsent, as it is without compression. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldTakeALongQueueWhereThereIsRoom(boolean isDeferred) throws Exception {
    shouldSendWhatWasTaken((request, response) -> {
      response.contentType("text/plain");
      byte[] much = piece(1 << 20);
      Runnable answering =
          () -> {
            ResponseBody out = response.stream();
            try (ByteQueue queue = request.body().input().sibling()) {
              queue.append(much);
              assertThat(out.isWritable()).isTrue();
              out.write(queue);
              taken.writeBytes(much);
            }
            out.close();
          };
      if (isDeferred) {
        Response ignored = response.defer();
        Loop.current().post(answering);
      } else {
        answering.run();
      }
    });
  }

  /** What was written last is with the compressor, or with the connection, which is full. */
  @Test
  void shouldFlushWhereTheStreamIsFull() throws Exception {
    shouldSendWhatWasTaken((request, response) ->
        response.contentType("text/plain").stream()
            .onWritable(out -> {
              for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> writeTooMuch(out)).isInstanceOf(OutputFullException.class);
                out.flush();
              }
              out.close();
            }));
  }

  private void writeTooMuch(ResponseBody out) {
    for (int i = 0; i < 10_000; i++) {
      byte[] piece = piece(500); // of which the compressor keeps many, and makes a long one then
      out.write(piece, 0, piece.length);
      taken.writeBytes(piece);
    }
  }

  /** Nobody would write it once more: who sends a whole answer has nothing more to do with it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldSendAWholeAnswerWhenThereIsMemory(boolean isDeferred) throws Exception {
    byte[] whole = piece(PIECE_BYTES);
    shouldSendWhatWasTaken((request, response) -> {
      response.contentType("text/plain");
      ByteQueue hog = request.body().input().sibling();
      Runnable answering =
          () -> {
            byte[] block = new byte[1024];
            while (hog.tryAppend(block, 0, block.length)) {
              assertThat(hog.isEmpty()).isFalse();
            }
            Loop.current().post(hog::close);
            response.send(whole);
            taken.writeBytes(whole);
          };
      if (isDeferred) {
        Response ignored = response.defer();
        Loop.current().post(answering);
      } else {
        answering.run();
      }
    });
  }
}
