package gyre.http.client;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer: its head is there, its body is read by {@link #body}. Close it: until its end is read
 * or it is closed it has a connection of the pool for itself.
 */
public final class ClientResponse implements AutoCloseable {
  private final HttpUrl url;
  private final int status;
  private final String version;
  private final List<ClientRequest.Header> headers;
  private final AnswerBody raw;
  private final @Nullable GzipBody inflated;
  private final Timings head;
  private final long startNanos;

  ClientResponse(
      HttpUrl url,
      int status,
      String version,
      List<ClientRequest.Header> headers,
      AnswerBody raw,
      @Nullable GzipBody inflated,
      Timings head,
      long startNanos) {
    this.url = url;
    this.status = status;
    this.version = version;
    this.headers = headers;
    this.raw = raw;
    this.inflated = inflated;
    this.head = head;
    this.startNanos = startNanos;
  }

  public int status() {
    return status;
  }

  /** Whether the status is between 200 and 299. */
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }

  /** For example {@code HTTP/1.1}. */
  public String version() {
    return version;
  }

  /** Who has answered: not the URL of the request, where redirects were followed. */
  public HttpUrl url() {
    return url;
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

  /** All fields with this name, in their order. */
  public List<String> headers(String name) {
    List<String> values = new ArrayList<>();
    for (ClientRequest.Header each : headers) {
      if (each.isNamed(name)) {
        values.add(each.value());
      }
    }
    return values;
  }

  /** How many fields there are. */
  public int headerCount() {
    return headers.size();
  }

  /** Counted from 0, in their order. */
  public String headerName(int index) {
    return headers.get(index).name();
  }

  public String headerValue(int index) {
    return headers.get(index).value();
  }

  List<ClientRequest.Header> allHeaders() {
    return headers;
  }

  /**
   * What comes with it; of no bytes if nothing does. Inflated, if the client has asked for gzip.
   */
  public ClientBody body() {
    GzipBody known = inflated;
    return known == null ? raw : known;
  }

  /** How long it took so far. */
  public Timings timings() {
    return new Timings(
        head.resolveNanos(),
        head.connectNanos(),
        head.tlsNanos(),
        head.firstByteNanos(),
        raw.endNanos() - startNanos);
  }

  /** Gives the connection back. If the body is not read to its end the connection is closed. */
  @Override
  public void close() {
    GzipBody known = inflated;
    if (known != null) {
      known.close();
    } else {
      raw.close();
    }
  }

  @Override
  public String toString() {
    return version + " " + status + " from " + url.scheme() + "://" + url.authority() + url.path();
  }
}
