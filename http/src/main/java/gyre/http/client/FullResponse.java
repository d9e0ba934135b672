package gyre.http.client;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer with all of its body: needs no closing, and may go to other threads. */
public final class FullResponse {
  private final HttpUrl url;
  private final int status;
  private final List<ClientRequest.Header> headers;
  private final byte[] body;
  private final Timings timings;

  private FullResponse(ClientResponse of, byte[] body) {
    this.url = of.url();
    this.status = of.status();
    this.headers = of.allHeaders();
    this.body = body;
    this.timings = of.timings();
  }

  /** Reads the rest of an answer. */
  static FullResponse read(ClientResponse response) {
    byte[] bytes = response.body().readAll();
    return new FullResponse(response, bytes);
  }

  public HttpUrl url() {
    return url;
  }

  public int status() {
    return status;
  }

  /** The first field with this name, in whatever case; null if there is none. */
  public @Nullable String header(String name) {
    for (ClientRequest.Header each : headers) {
      if (each.isNamed(name)) {
        return each.value();
      }
    }
    return null;
  }

  /** The body itself, not a copy. */
  public byte[] body() {
    return body;
  }

  /** The body as UTF-8. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  public Timings timings() {
    return timings;
  }

  @Override
  public String toString() {
    return status + " from " + url.scheme() + "://" + url.authority() + url.path();
  }
}
