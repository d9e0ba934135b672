package gyre.http.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is asked. Immutable; each method gives a changed copy, and throws {@link
 * IllegalArgumentException} for what cannot be sent: no text of a user can end a line or begin
 * another request.
 *
 * <pre>{@code
 * ClientRequest.post("http://example.org/users").header("Accept", "text/plain").body("name=x");
 * }</pre>
 */
public final class ClientRequest {
  /** Set by the client, which alone knows what holds. */
  private static final Set<String> OWN =
      Set.of(
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization",
          "upgrade",
          "te",
          "trailer",
          "expect");

  private static final Set<String> IDEMPOTENT =
      Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

  /** A field as it is sent. */
  record Header(String name, String value) {
    boolean isNamed(String other) {
      return name.equalsIgnoreCase(other);
    }
  }

  /** What comes with a request. */
  sealed interface Body {}

  record NoBody() implements Body {}

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Bytes(byte[] bytes) implements Body {}

  /**
   * @param length -1 if nobody knows
   * @param isRepeatable whether the writer may be called again
   */
  record Streamed(long length, BodyWriter writer, boolean isRepeatable) implements Body {}

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    String method;
    HttpUrl url;
    List<Header> headers = List.of();
    Body body = new NoBody();
    boolean expectsContinue;
    @Nullable Boolean gzip;
    @Nullable Boolean idempotent;
    @Nullable Duration deadline;

    Values(String method, HttpUrl url) {
      this.method = method;
      this.url = url;
    }

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private ClientRequest(Values values) {
    this.values = values;
  }

  public static ClientRequest of(String method, HttpUrl url) {
    if (!Wire.isTokenText(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException("the method is no token, or CONNECT: see HttpProxy");
    }
    return new ClientRequest(new Values(method, url));
  }

  public static ClientRequest of(String method, String url) {
    return of(method, HttpUrl.parse(url));
  }

  public static ClientRequest get(String url) {
    return of("GET", url);
  }

  public static ClientRequest head(String url) {
    return of("HEAD", url);
  }

  public static ClientRequest post(String url) {
    return of("POST", url);
  }

  public static ClientRequest put(String url) {
    return of("PUT", url);
  }

  public static ClientRequest delete(String url) {
    return of("DELETE", url);
  }

  private ClientRequest with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new ClientRequest(changed);
  }

  /** Adds a field. What frames a message and where it goes is set by the client itself. */
  public ClientRequest header(String name, String value) {
    Wire.checkHeader(name, value);
    if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("field " + name + " is set by the client itself");
    }
    List<Header> changed = new ArrayList<>(values.headers);
    changed.add(new Header(name, value));
    return with(v -> v.headers = List.copyOf(changed));
  }

  /** Says who asks, by {@code Authorization: Basic}. Not sent on to another origin. */
  public ClientRequest basic(String user, String password) {
    if (user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("a user must not have a colon");
    }
    byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return header("Authorization", "Basic " + Base64.getEncoder().encodeToString(both));
  }

  /** Sends these bytes, which must stay as they are. */
  public ClientRequest body(byte[] bytes) {
    return with(v -> v.body = new Bytes(bytes));
  }

  /** Sends text in UTF-8. */
  public ClientRequest body(String text) {
    return body(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends what the writer writes, of unknown length: in chunks. It is called once at most. */
  public ClientRequest body(BodyWriter writer) {
    return with(v -> v.body = new Streamed(-1, writer, false));
  }

  /** Sends just so many bytes that the writer writes. It is called once at most. */
  public ClientRequest body(long length, BodyWriter writer) {
    Checks.atLeast("length", length, 0);
    return with(v -> v.body = new Streamed(length, writer, false));
  }

  /**
   * Whether the writer may be called again, from the beginning: for retries and redirects.
   *
   * @throws IllegalStateException if the body is not written by a writer
   */
  public ClientRequest repeatableBody(boolean on) {
    if (!(values.body instanceof Streamed streamed)) {
      throw new IllegalStateException("say the writer first: other bodies are repeatable anyway");
    }
    return with(v -> v.body = new Streamed(streamed.length(), streamed.writer(), on));
  }

  /** Asks whether the body is wanted before it is sent: {@code Expect: 100-continue}. */
  public ClientRequest expectContinue(boolean on) {
    return with(v -> v.expectsContinue = on);
  }

  /** Whether the answer may be compressed; as {@link ClientOptions#gzip} if nothing is said. */
  public ClientRequest gzip(boolean on) {
    return with(v -> v.gzip = on);
  }

  /**
   * Whether asking twice does no more than asking once. GET, HEAD, OPTIONS, TRACE, PUT and DELETE
   * are so by themselves; a POST is with a key that the server knows it by.
   */
  public ClientRequest idempotent(boolean on) {
    return with(v -> v.idempotent = on);
  }

  /** For all of it, retries, redirects and the body included: see ClientOptions.totalTimeout. */
  public ClientRequest deadline(Duration value) {
    Checks.positive("deadline", value);
    return with(v -> v.deadline = value);
  }

  // ---- what is set

  public String method() {
    return values.method;
  }

  public HttpUrl url() {
    return values.url;
  }

  List<Header> headers() {
    return values.headers;
  }

  Body body() {
    return values.body;
  }

  boolean expectsContinue() {
    return values.expectsContinue;
  }

  boolean gzipOr(boolean otherwise) {
    return values.gzip == null ? otherwise : values.gzip;
  }

  boolean isIdempotent() {
    return values.idempotent == null ? IDEMPOTENT.contains(values.method) : values.idempotent;
  }

  @Nullable Duration deadline() {
    return values.deadline;
  }

  boolean isRepeatable() {
    return !(values.body instanceof Streamed streamed) || streamed.isRepeatable();
  }

  boolean hasBody() {
    return !(values.body instanceof NoBody);
  }

  boolean hasHeader(String name) {
    return values.headers.stream().anyMatch(header -> header.isNamed(name));
  }

  /** The same without these fields. */
  ClientRequest without(Set<String> lowerCaseNames) {
    List<Header> left =
        values.headers.stream()
            .filter(h -> !lowerCaseNames.contains(h.name().toLowerCase(Locale.ROOT)))
            .toList();
    return with(v -> v.headers = left);
  }

  ClientRequest to(HttpUrl url) {
    return with(v -> v.url = url);
  }

  /** The same as GET, without a body. */
  ClientRequest asGet() {
    return with(
            v -> {
              v.method = "GET";
              v.body = new NoBody();
              v.expectsContinue = false;
            })
        .without(Set.of("content-type", "content-encoding", "content-language"));
  }

  /** Without the query, which may have secrets: for failures and logs. */
  @Override
  public String toString() {
    return method() + " " + url().scheme() + "://" + url().authority() + url().path();
  }
}
