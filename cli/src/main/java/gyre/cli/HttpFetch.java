package gyre.cli;

import gyre.Fiber;
import gyre.http.client.ClientBody;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.client.Timings;
import gyre.http.sse.SseClient;
import gyre.http.sse.SseClientOptions;
import gyre.http.sse.SseEvent;
import gyre.io.ByteSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * What {@code gyre http} does. Files and standard streams may block: they are used off the loop.
 */
final class HttpFetch {
  private static final int PIECE_BYTES = 16 * 1024;

  private final ClientOptions options;
  private final ClientRequest request;
  private final OutputStream out;
  private final PrintWriter err;
  private final boolean isVerbose;
  private final boolean hasTimings;

  HttpFetch(
      ClientOptions options,
      ClientRequest request,
      OutputStream out,
      PrintWriter err,
      boolean isVerbose,
      boolean hasTimings) {
    this.options = options;
    this.request = request;
    this.out = out;
    this.err = err;
    this.isVerbose = isVerbose;
    this.hasTimings = hasTimings;
  }

  /** Prints the answer; gives its status. */
  int ask() throws Exception {
    try (HttpClient client = HttpClient.open(options);
        ClientResponse response = client.send(request)) {
      if (isVerbose) {
        printHead(response);
      }
      ClientBody body = response.body().limit(Long.MAX_VALUE);
      while (body.await(1)) {
        byte[] piece = body.input().take((int) Math.min(PIECE_BYTES, body.input().size()));
        Fiber.offload(() -> {
          out.write(piece);
          return true;
        });
      }
      if (hasTimings) {
        printTimings(response.timings());
      }
      return response.status();
    }
  }

  private void printHead(ClientResponse response) {
    err.println(response.version() + " " + response.status());
    for (int i = 0; i < response.headerCount(); i++) {
      err.println(printable(response.headerName(i) + ": " + response.headerValue(i)));
    }
    err.println();
    err.flush();
  }

  /** A terminal obeys control characters, and a server is not to be obeyed. */
  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?");
  }

  private void printTimings(Timings timings) {
    err.println("resolve     " + millis(timings.resolveNanos()));
    err.println("connect     " + millis(timings.connectNanos()));
    err.println("tls         " + millis(timings.tlsNanos()));
    err.println("first byte  " + millis(timings.firstByteNanos()));
    err.println("total       " + millis(timings.totalNanos()));
    err.flush();
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%10.3f ms", nanos / 1e6);
  }

  /** Prints the data of events until there are no more; 0. */
  int listen() throws Exception {
    try (HttpClient client = HttpClient.open(options);
        SseClient events = SseClient.open(client, request, SseClientOptions.defaults())) {
      for (SseEvent event = events.next(); event != null; event = events.next()) {
        if (isVerbose) {
          String id = event.id() == null ? "" : ", id " + event.id();
          err.println(printable("event " + event.type() + id));
          err.flush();
        }
        byte[] line = (event.data() + "\n").getBytes(StandardCharsets.UTF_8);
        Fiber.offload(() -> {
          out.write(line);
          out.flush();
          return true;
        });
      }
      return 0;
    }
  }

  /** Sends what a file or the standard input has. */
  static void copy(InputStream in, ByteSink sink) throws Exception {
    byte[] piece = read(in);
    while (piece.length > 0) {
      sink.write(piece);
      piece = read(in);
    }
  }

  private static byte[] read(InputStream in) throws Exception {
    return Fiber.offload(() -> {
      byte[] buffer = new byte[PIECE_BYTES];
      int count = readSome(in, buffer);
      return Arrays.copyOf(buffer, count);
    });
  }

  private static int readSome(InputStream in, byte[] buffer) throws IOException {
    return Math.max(0, in.read(buffer));
  }
}
