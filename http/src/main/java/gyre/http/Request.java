package gyre.http;

import gyre.Registration;
import gyre.tls.TlsInfo;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that a server has received, whatever the version of HTTP.
 *
 * <p>Nothing is a string before somebody asks, and each call makes a new one: {@link #isMethod},
 * {@link #isPath} and the routes of a {@link Router} compare bytes instead. Bytes beyond ASCII are
 * characters of ISO 8859-1.
 *
 * <p>It is lent to the handler, with its body, until that returns, or until the answer is complete
 * if that was deferred; after that its methods throw {@link IllegalStateException}, and the queue
 * of its body is empty. In push style the same object may serve the next request: nobody is to keep
 * it. Used on its loop alone.
 */
public interface Request {
  /** For example {@code GET}. Methods are told apart by case. */
  String method();

  /** Whether it has just this method. */
  boolean isMethod(String name);

  /**
   * The target: a path with maybe a query, a whole URL, or {@code *}. It is as it was sent, except
   * for the path, which is that of {@link #path}.
   */
  String target();

  /**
   * The path with its escapes, without the query; at least {@code /}. Escapes are in one form,
   * however they were sent (RFC 3986, 6.2.2): letters, digits and {@code - . _ ~} have none, and
   * others are in upper case. So {@code /%70rivate/%c3%a4} is {@code /private/%C3%A4}.
   */
  String path();

  /**
   * The path with its escapes decoded, once.
   *
   * @throws HttpException with status 400 if it is no UTF-8
   */
  String decodedPath();

  /** Whether {@link #path} is just this. */
  boolean isPath(String path);

  /** What is behind the question mark, as it was sent; null if there is none. */
  @Nullable String query();

  /**
   * The first parameter of the query with this name, decoded as forms are; null if there is none.
   *
   * @throws HttpException with status 400 if it is no UTF-8
   */
  @Nullable String queryParameter(String name);

  /**
   * What a route's parameter stands for, its escapes decoded.
   *
   * @throws IllegalArgumentException if the route has none of this name
   * @throws HttpException with status 400 if it is no UTF-8
   */
  String parameter(String name);

  /** What a parameter of type {@code int} stands for. */
  int intParameter(String name);

  /** What a parameter of type {@code int} or {@code long} stands for. */
  long longParameter(String name);

  /**
   * Host and port that it is for, as the client has asked: what a trusted proxy says by {@link
   * HttpOptions#forwarded}, or else of the target if that is a whole URL, or of {@code Host}; null
   * of HTTP/1.0 without.
   */
  @Nullable String host();

  /** {@code https} or {@code http}, as the client has asked: see {@link #host}. */
  String scheme();

  /** The first field with this name, in whatever case; null if there is none. */
  @Nullable String header(String name);

  /** All fields with this name, in their order. */
  List<String> headers(String name);

  /** How many fields there are. */
  int headerCount();

  /** Counted from 0, in their order. */
  String headerName(int index);

  String headerValue(int index);

  /** For example {@code HTTP/1.1}. */
  String version();

  /** What comes with it; of no bytes if nothing does. */
  RequestBody body();

  /**
   * Who has sent it: the other end of the connection, or whom a trusted proxy names by the PROXY
   * protocol; null if that is not known.
   */
  @Nullable InetSocketAddress peer();

  /**
   * Who has asked: the last one whom no trusted proxy vouches for, as {@link HttpOptions#forwarded}
   * says, or else {@link #peer}. Its port is 0 where a proxy does not tell it; null if the proxy
   * keeps it to itself, or nobody knows. Never looked up.
   */
  @Nullable InetSocketAddress client();

  /** What the handshake of TLS has agreed on; null of a connection without. */
  @Nullable TlsInfo tls();

  /** What the connection is called in failures and reports. */
  String connectionName();

  /** Whether the server is closing: it answers what it has, and takes no more. */
  boolean isDraining();

  /**
   * Has {@code action} run once, on this loop, when the server begins to close or drains, when the
   * loop ends, or when the connection has ended before the answer is complete: for answers that
   * last until somebody ends them. Soon, if the server is draining already. Not once the answer is
   * complete. One that throws is reported, and the others run.
   *
   * <p>In direct style nobody looks at the connection while the fiber of its handler waits: there
   * this tells of server and loop alone, and the end of the connection is seen by the next read or
   * write. Write something now and then, or limit the wait.
   *
   * @return takes the action back before that
   */
  Registration onEnding(Runnable action);
}
