package gyre.http;

import gyre.Registration;
import gyre.tls.TlsInfo;
import gyre.tls.TlsStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request of HTTP/1.x: a view of {@link RequestHead}. */
final class Http1Request extends RequestView {
  private final Exchange exchange;
  private final RequestHead lines;
  private @Nullable Forwarding forwarding;
  private Forwarding.@Nullable MalformedException malformed;

  Http1Request(Exchange exchange) {
    this.exchange = exchange;
    this.lines = exchange.head;
  }

  static Http1Request of(Request request) {
    if (request instanceof Http1Request known) {
      return known;
    }
    throw new IllegalArgumentException("not a request of this server: " + request);
  }

  /** The head is there: who has asked, and for what, is known from now on. */
  void findForwarding(@Nullable ForwardedTrust trust) {
    forwarding = null;
    malformed = null;
    if (trust != null) {
      try {
        forwarding = trust.read(this, peer());
      } catch (Forwarding.MalformedException e) {
        malformed = e;
      }
    }
  }

  void checkForwarding() {
    Forwarding.MalformedException known = malformed;
    if (known != null) {
      throw new HttpException(400, String.valueOf(known.getMessage()));
    }
  }

  void handleInFiber(HttpHandler handler) throws Exception {
    connection().handleInFiber(handler, exchange);
  }

  private Http1Connection connection() {
    exchange.checkLent(this);
    return exchange.connection();
  }

  private RequestHead head() {
    exchange.checkLent(this);
    return lines;
  }

  @Override
  void checkLent() {
    exchange.checkLent(this);
  }

  private String text(int from, int to) {
    return head().fields.text(from, to);
  }

  @Override
  public @Nullable InetSocketAddress peer() {
    return connection().peer();
  }

  @Override
  public @Nullable InetSocketAddress client() {
    checkLent();
    Forwarding said = forwarding;
    return said == null ? peer() : said.client();
  }

  @Override
  public String scheme() {
    checkLent();
    Forwarding said = forwarding;
    String scheme = said == null ? null : said.scheme();
    return scheme != null ? scheme : connection().stream() instanceof TlsStream ? "https" : "http";
  }

  @Override
  public @Nullable TlsInfo tls() {
    return connection().stream() instanceof TlsStream tls && tls.isEstablished()
        ? tls.info()
        : null;
  }

  @Override
  byte[] pathBytes() {
    return lines.lines.bytes;
  }

  @Override
  int pathStart() {
    return lines.pathStart;
  }

  @Override
  int pathEnd() {
    return lines.pathEnd;
  }

  @Override
  boolean isForServer() {
    return lines.form == RequestHead.Form.ASTERISK
        || (lines.form == RequestHead.Form.ABSOLUTE
            && lines.targetEnd == lines.authorityEnd
            && lines.isMethod("OPTIONS"));
  }

  @Override
  public String method() {
    RequestHead head = head();
    return text(head.methodStart, head.methodEnd);
  }

  @Override
  public boolean isMethod(String name) {
    return head().isMethod(name);
  }

  @Override
  public String target() {
    RequestHead head = head();
    return text(head.targetStart, head.targetEnd);
  }

  @Override
  public String path() {
    RequestHead head = head();
    return head.pathStart == head.pathEnd ? "/" : text(head.pathStart, head.pathEnd);
  }

  @Override
  public String decodedPath() {
    RequestHead head = head();
    return head.pathStart == head.pathEnd
        ? "/"
        : Decoding.path(head.lines.bytes, head.pathStart, head.pathEnd);
  }

  @Override
  public boolean isPath(String path) {
    RequestHead head = head();
    return head.pathStart == head.pathEnd
        ? path.equals("/")
        : Ascii.equals(head.lines.bytes, head.pathStart, head.pathEnd, path);
  }

  @Override
  public @Nullable String query() {
    RequestHead head = head();
    return head.queryStart < 0 ? null : text(head.queryStart, head.targetEnd);
  }

  @Override
  public @Nullable String queryParameter(String name) {
    RequestHead head = head();
    return head.queryStart < 0
        ? null
        : Decoding.queryParameter(head.lines.bytes, head.queryStart, head.targetEnd, name);
  }

  @Override
  public @Nullable String host() {
    checkLent();
    Forwarding said = forwarding;
    String host = said == null ? null : said.host();
    return host == null ? ownHost() : host;
  }

  /** The host in lower case, without port and the dot of the root, as it was sent. */
  @Nullable String hostName() {
    String host = ownHost();
    if (host == null) {
      return null;
    }
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private @Nullable String ownHost() {
    RequestHead head = head();
    if (head.form == RequestHead.Form.ABSOLUTE) {
      return text(head.authorityStart, head.authorityEnd);
    }
    return head.host < 0 ? null : head.fields.value(head.host);
  }

  @Override
  public @Nullable String header(String name) {
    RequestHead head = head();
    int field = head.fields.find(name, 0);
    return field < 0 ? null : head.fields.value(field);
  }

  @Override
  public List<String> headers(String name) {
    RequestHead head = head();
    List<String> values = new ArrayList<>();
    for (int at = head.fields.find(name, 0); at >= 0; at = head.fields.find(name, at + 1)) {
      values.add(head.fields.value(at));
    }
    return values;
  }

  @Override
  public int headerCount() {
    return head().fields.count();
  }

  @Override
  public String headerName(int index) {
    return head().fields.name(Objects.checkIndex(index, headerCount()));
  }

  @Override
  public String headerValue(int index) {
    return head().fields.value(Objects.checkIndex(index, headerCount()));
  }

  @Override
  public String version() {
    return "HTTP/1." + head().minorVersion;
  }

  @Override
  public RequestBody body() {
    exchange.checkLent(this);
    return exchange.body;
  }

  @Override
  public String connectionName() {
    return connection().stream().name();
  }

  @Override
  public boolean isDraining() {
    return connection().server().isDraining();
  }

  @Override
  public Registration onEnding(Runnable action) {
    checkLent();
    return exchange.onEnding(action);
  }

  @Override
  public String toString() {
    return exchange.isLent(this) ? method() + " " + target() : "a request that is over";
  }
}
