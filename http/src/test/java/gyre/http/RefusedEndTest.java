package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.io.OutputFullException;
import gyre.sync.Latch;
import gyre.tls.SelfSigned;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In push style whoever is refused is told when there is room, and loses nothing until then. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RefusedEndTest {
  private static final int PIECE_BYTES = 30_000;

  enum Framing {
    CHUNKED,
    LENGTH,
    GZIP
  }

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private final Random random = new Random(7);

  private byte[] piece(int bytes) {
    byte[] piece = new byte[bytes];
    random.nextBytes(piece); // can't be compressed
    return piece;
  }

  private void write(ResponseBody out, byte[] piece) {
    out.write(piece, 0, piece.length);
    taken.writeBytes(piece);
  }

  private RawClient.Answer answerOf(Framing framing, HttpHandler handler) throws Exception {
    HttpOptions options = HttpOptions.defaults();
    return answerOf(
        framing,
        framing == Framing.GZIP ? options.compression(Compression.gzip()) : options,
        handler,
        SocketFactory.getDefault());
  }

  private RawClient.Answer answerOf(
      Framing framing, HttpOptions options, HttpHandler handler, SocketFactory sockets)
      throws Exception {
    try (LoopGroup group =
            LoopGroup.open(
                1,
                Loops.options("epoll")
                    .poolLimitBytes(4 << 20)
                    .failures((source, e) -> reported.add(String.valueOf(e))));
        HttpServer server = HttpServer.onRequest(group.loop(0), Style.ANY_PORT, options, handler);
        RawClient client =
            new RawClient(
                sockets.createSocket(server.address().getAddress(), server.address().getPort()))) {
      String accepts = framing == Framing.GZIP ? "Accept-Encoding: gzip\r\n" : "";
      client.send("GET / HTTP/1.1\r\nHost: a\r\n" + accepts + "\r\n");
      return client.receive();
    }
  }

  private void shouldHaveAll(Framing framing, RawClient.Answer answer) throws Exception {
    byte[] body = answer.body().getBytes(StandardCharsets.ISO_8859_1);
    if (framing == Framing.GZIP) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
        body = in.readAllBytes();
      }
    }
    assertThat(body).isEqualTo(taken.toByteArray());
    assertThat(reported).isEmpty();
  }

  /** All memory of the loop, until the queue is closed. */
  private static ByteQueue hog(Request request) {
    ByteQueue hog = request.body().input().sibling();
    hog(hog);
    return hog;
  }

  private static void hog(ByteQueue hog) {
    byte[] block = new byte[1024];
    while (hog.tryAppend(block, 0, block.length)) {
      assertThat(hog.isEmpty()).isFalse();
    }
  }

  /** Is refused once for want of memory, which comes back when the handler has returned. */
  private final class Poor implements WritableHandler {
    private final Request request;
    private final byte[] piece = piece(PIECE_BYTES);
    private boolean isRich;

    Poor(Request request) {
      this.request = request;
    }

    @Override
    public void onWritable(ResponseBody out) {
      if (isRich) {
        write(out, piece);
        out.close();
        return;
      }
      ByteQueue hog = hog(request);
      assertThatThrownBy(() -> write(out, piece)).isInstanceOf(OutputFullException.class);
      isRich = true;
      Loop.current().post(hog::close);
    }
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void shouldTellWhoWasRefusedForWantOfMemory(Framing framing) throws Exception {
    HttpHandler handler =
        (request, response) -> {
          response.contentType("text/plain");
          ResponseBody out =
              framing == Framing.LENGTH ? response.stream(PIECE_BYTES) : response.stream();
          out.onWritable(new Poor(request));
        };
    shouldHaveAll(framing, answerOf(framing, handler));
  }

  @Test
  void shouldTellWhoWasRefusedForWantOfMemoryOverTls() throws Exception {
    HttpHandler handler = (request, response) -> response.stream().onWritable(new Poor(request));
    shouldHaveAll(Framing.CHUNKED, answerOverTls(handler));
  }

  private RawClient.Answer answerOverTls(HttpHandler handler) throws Exception {
    SelfSigned authority = SelfSigned.authority("Test");
    TlsServerOptions tls =
        TlsServerOptions.of(authority.issueServer("localhost", "127.0.0.1"))
            .applicationProtocols("http/1.1");
    return answerOf(
        Framing.CHUNKED,
        HttpOptions.defaults().tls(TlsServer.of(tls)),
        handler,
        trusting(authority));
  }

  /** Connects by TLS to whom the authority vouches for. */
  static SocketFactory trusting(SelfSigned authority) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("test", authority.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  /** Nobody would write it once more: who sends a whole answer has nothing more to do with it. */
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void shouldSendAWholeAnswerWhenThereIsMemory(boolean isTls, boolean isDeferred) throws Exception {
    String text = "t".repeat(2000);
    HttpHandler handler =
        (request, response) -> {
          ByteQueue own = request.body().input().sibling();
          Runnable answering =
              () -> {
                hog(own);
                Loop.current().post(own::close);
                response.header("Long", "h".repeat(3000)).send(text);
              };
          if (isDeferred) {
            Response ignored = response.defer();
            Loop.current().post(answering);
          } else {
            answering.run();
          }
        };
    RawClient.Answer answer = isTls ? answerOverTls(handler) : answerOf(Framing.LENGTH, handler);
    assertThat(answer.body()).isEqualTo(text);
    assertThat(reported).isEmpty();
  }

  /** Whose queue it was may use it for something else. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldTakeTheQueueOfAnAnswerWhoseHeadIsRefused(boolean isTls) throws Exception {
    String text = "t".repeat(2000);
    HttpHandler handler =
        (request, response) -> {
          try (ByteQueue queue = request.body().input().sibling()) {
            queue.append(text);
            ByteQueue hog = hog(request);
            Loop.current().post(hog::close);
            response.header("Long", "h".repeat(3000)).send(queue);
            assertThat(queue.isEmpty()).isTrue();
          }
        };
    RawClient.Answer answer = isTls ? answerOverTls(handler) : answerOf(Framing.LENGTH, handler);
    assertThat(answer.body()).isEqualTo(text);
    assertThat(reported).isEmpty();
  }

  /** What is left to be sent then does not fit either: it follows. */
  @Test
  void shouldEndAnAnswerWhoseEndWasRefused() throws Exception {
    String text = "t".repeat(20_000);
    HttpHandler handler =
        (request, response) -> {
          ResponseBody out = response.contentType("text/plain").stream();
          out.trailer("X-Trailer", text);
          ByteQueue hog = hog(request);
          Loop.current().post(hog::close);
          out.close();
        };
    assertThat(answerOf(Framing.CHUNKED, handler).body()).isEqualTo("[X-Trailer: " + text + "]");
    assertThat(reported).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void shouldSendWhatWasTakenBeforeARefusal(Framing framing) throws Exception {
    HttpHandler handler =
        (request, response) -> {
          ResponseBody out = response.contentType("text/plain").stream();
          out.onWritable(to -> {
            assertThatThrownBy(
                    () -> {
                      for (int i = 0; i < 1000; i++) {
                        write(to, piece(PIECE_BYTES));
                      }
                    })
                .isInstanceOf(OutputFullException.class);
            to.close();
          });
        };
    shouldHaveAll(framing, answerOf(framing, handler));
  }

  /** As large as the loop's memory allows, but more than a stream may have unsent. */
  @Test
  void shouldRefuseALargePieceAsSmallOnesTogetherAre() throws Exception {
    HttpHandler handler =
        (request, response) -> {
          ResponseBody out = response.stream();
          out.onWritable(to -> {
            assertThatThrownBy(() -> write(to, piece(2 << 20)))
                .isInstanceOf(OutputFullException.class)
                .hasMessageContaining("at most");
            write(to, piece(PIECE_BYTES));
            to.close();
          });
        };
    shouldHaveAll(Framing.CHUNKED, answerOf(Framing.CHUNKED, handler));
  }

  /** Others run while a handler parks, and so does the notice that there is room. */
  @Test
  void shouldTellOfRoomAHandlerThatParksMeanwhile() throws Exception {
    HttpHandler handler =
        (request, response) -> {
          response.stream()
              .onWritable(to -> {
                write(to, piece(10));
                to.close();
              });
          Latch told = Latch.create("told", 1);
          Fiber<?> ignored = Fiber.start(told::countDown);
          told.await();
        };
    shouldHaveAll(Framing.CHUNKED, answerOf(Framing.CHUNKED, handler));
  }
}
