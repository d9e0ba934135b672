package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.LoopGroup;
import gyre.Loops;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In the steady state a keep-alive request allocates nothing, from the socket and back. */
@Tag("allocation")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HttpAllocationTest {
  private static final int BATCH = 16;
  private static final int BATCHES = 500;

  @ParameterizedTest
  @CsvSource({"io_uring, /hello/42", "epoll, /hello/42", "epoll, /text"})
  void shouldNotAllocatePerRequestInPushStyle(String engine, String path) throws Exception {
    byte[] body = "Hello, World!".getBytes(StandardCharsets.US_ASCII);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Router router =
        Router.create()
            .get(
                "/hello/{id:int}",
                (request, response) -> {
                  assert request.longParameter("id") == 42;
                  response.contentType("text/plain").send(body);
                })
            .get("/text", (request, response) -> response.send("Hello, World!"))
            .get(
                "/allocated",
                (request, response) ->
                    response.send(String.valueOf(threads.getCurrentThreadAllocatedBytes())));
    byte[] requests =
        "GET %s HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"
            .formatted(path)
            .repeat(BATCH)
            .getBytes(StandardCharsets.US_ASCII);
    HttpLimits lasting = HttpLimits.defaults().requestsPerConnection(Integer.MAX_VALUE);
    HttpOptions options = HttpOptions.defaults().reuseRequests(true).limits(lasting);
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine));
        HttpServer server = HttpServer.onRequest(group, Style.ANY_PORT, options, router);
        Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
        RawClient asking = new RawClient(server.address())) {
      int answerBytes = oneAnswer(socket, path);
      // A compiler that is still at work may allocate on the way: the least of a few tries counts.
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 20 && least > BATCHES; attempt++) {
        long before = allocated(asking);
        for (int i = 0; i < BATCHES; i++) {
          exchange(socket, requests, BATCH * answerBytes);
        }
        least = Math.min(least, allocated(asking) - before);
      }
      // Asking itself allocates, and the date once a second: far less than a byte a request.
      assertThat(least).isLessThan(BATCH * BATCHES);
    }
  }

  private static long allocated(RawClient client) throws Exception {
    return Long.parseLong(
        client.send("GET /allocated HTTP/1.1\r\nHost: a\r\n\r\n").receive().body());
  }

  private static int oneAnswer(Socket socket, String path) throws Exception {
    socket
        .getOutputStream()
        .write(
            "GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
                .formatted(path)
                .getBytes(StandardCharsets.US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("Hello, World!") < 0) {
      answer.append((char) socket.getInputStream().read());
    }
    return answer.length();
  }

  private static void exchange(Socket socket, byte[] requests, int answerBytes) throws Exception {
    OutputStream out = socket.getOutputStream();
    InputStream in = socket.getInputStream();
    out.write(requests);
    assertThat(in.readNBytes(answerBytes)).hasSize(answerBytes);
  }
}
