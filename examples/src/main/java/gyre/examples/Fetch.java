package gyre.examples;

import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.http.client.ClientBody;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.client.HttpClientException;
import gyre.sync.Retry;
import gyre.sync.RetryBudget;
import java.time.Duration;

/**
 * Fetches a URL: tries again while that makes sense, and gives up when the time is over. Prints the
 * body; ends with 1 if there is none.
 */
public final class Fetch {
  private static final Retry RETRY =
      Retry.defaults().attempts(5).budget(RetryBudget.create(20, 10));

  private Fetch() {}

  public static void main(String[] arguments) {
    if (arguments.length != 2 || !arguments[0].matches("[1-9][0-9]{0,5}")) {
      System.err.println("usage: fetch SECONDS URL");
      System.exit(2);
    }
    ClientOptions options = ClientOptions.defaults().redirects(5).gzip(true).retry(RETRY);
    ClientRequest request =
        ClientRequest.get(arguments[1])
            .deadline(Duration.ofSeconds(Integer.parseInt(arguments[0])));
    try (Loop loop = Loop.open()) {
      System.exit(
          loop.runUntilShutdown(ShutdownOptions.atOnce(), () -> fetch(options, request)).code());
    }
  }

  private static int fetch(ClientOptions options, ClientRequest request) {
    try (HttpClient client = HttpClient.open(options);
        ClientResponse response = client.send(request)) {
      ClientBody body = response.body().limit(Long.MAX_VALUE);
      while (body.await(1)) {
        int bytes = (int) Math.min(8192, body.input().size());
        System.out.writeBytes(body.input().take(bytes));
      }
      System.out.flush();
      System.err.println(response + " in " + response.timings().totalNanos() / 1_000_000 + " ms");
      return response.isSuccess() ? 0 : 1;
    } catch (HttpClientException e) {
      System.err.println("fetch: " + e.getMessage());
      return 1;
    }
  }
}
