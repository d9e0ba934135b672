package gyre.queue;

import gyre.http.HttpLimits;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.net.PoolOptions;
import gyre.tls.TlsClient;
import gyre.tls.TlsClientOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By Gyre's own client, on the loop: a call takes no thread, and connections are kept. Used by
 * fibers of one loop.
 */
final class GyreHttpCaller implements HttpCaller {
  /**
   * The timeout of a kind is the limit of all of a call, and its concurrency that of connections:
   * no call waits for a connection while its time runs.
   */
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final int CONNECTIONS = 1 << 20;

  /**
   * Null before the first call: what TLS needs is hundreds of classes and the root certificates.
   */
  private @Nullable HttpClient client;

  private HttpClient client() {
    HttpClient known = client;
    if (known == null) {
      known =
          HttpClient.open(
              ClientOptions.defaults()
                  .limits(
                      HttpLimits.defaults()
                          .headTimeout(LONGEST)
                          .bodyTimeout(LONGEST)
                          .writeTimeout(LONGEST))
                  .pool(PoolOptions.defaults().maxPerTarget(CONNECTIONS).maxTotal(CONNECTIONS))
                  .tls(TlsClient.of(TlsClientOptions.defaults())));
      client = known;
    }
    return known;
  }

  @Override
  public Answer call(
      String method, URI url, Map<String, String> headers, byte[] body, Duration timeout) {
    ClientRequest request = ClientRequest.of(method, url.toString()).deadline(timeout);
    for (Map.Entry<String, String> each : headers.entrySet()) {
      request = request.header(each.getKey(), each.getValue());
    }
    if (!method.equals("GET")) {
      request = request.body(body);
    }
    try (ClientResponse response = client().send(request)) {
      ByteBuffer start = ByteBuffer.allocate(BODY_LIMIT_BYTES);
      int count = 0;
      while (count >= 0 && start.hasRemaining()) {
        count = response.body().read(start);
      }
      String text = new String(start.array(), 0, start.position(), StandardCharsets.UTF_8);
      return new Answer(response.status(), text);
    }
  }

  void close() {
    HttpClient known = client;
    if (known != null) {
      known.close();
    }
  }
}
