package gyre.queue;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.jdbc.PgConnection;

/**
 * Which PostgreSQL database the queue is in, and how connections to it are opened: with limits on
 * everything that waits, so that neither a stopped worker nor a cut cable holds entries for ever.
 *
 * <p>The limits are options of the session's start, so that {@code DISCARD ALL} sets them back.
 */
final class PgDatabase {
  private static final int CONNECT_SECONDS = 10;
  private static final Duration SERVER_PATIENCE = Duration.ofSeconds(30);

  private final String url;
  private final Properties account;

  private PgDatabase(String url, Properties account) {
    this.url = url;
    this.account = account;
  }

  /**
   * @param url {@code postgresql://USER:PASSWORD@HOST:PORT/DATABASE}, or as the driver has it,
   *     {@code jdbc:postgresql://HOST:PORT/DATABASE?user=USER}
   * @param environment {@code PGUSER} and {@code PGPASSWORD} count where the URL says nothing
   */
  static PgDatabase of(String url, Map<String, String> environment) {
    Properties account = new Properties();
    put(account, "user", environment.get("PGUSER"));
    put(account, "password", environment.get("PGPASSWORD"));
    String jdbc = url.startsWith("jdbc:") ? url : "jdbc:" + plain(url, account);
    Properties parsed = Driver.parseURL(jdbc, account);
    if (parsed == null || !jdbc.startsWith("jdbc:postgresql:")) {
      throw new QueueException(
          "open the queue: the URL must be as postgresql://USER@HOST:5432/DATABASE");
    }
    return new PgDatabase(jdbc, account);
  }

  private static void put(
      Properties properties, String name, @org.jspecify.annotations.Nullable String value) {
    if (value != null && !value.isEmpty()) {
      properties.setProperty(name, value);
    }
  }

  /** Moves user and password out of it, to where the driver wants them. */
  private static String plain(String url, Properties account) {
    try {
      URI uri = new URI(url.replaceFirst("^postgres://", "postgresql://"));
      String user = uri.getRawUserInfo();
      if (user != null) {
        int colon = user.indexOf(':');
        put(account, "user", decode(colon < 0 ? user : user.substring(0, colon)));
        put(account, "password", colon < 0 ? "" : decode(user.substring(colon + 1)));
      }
      String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      String host = uri.getHost() == null ? "localhost" : uri.getHost();
      return uri.getScheme() + "://" + host + port + uri.getRawPath() + query;
    } catch (URISyntaxException e) {
      // Not its message, which has the whole URL in it, and so the password.
      throw new QueueException(
          "open the queue: the URL is wrong behind its " + e.getIndex() + "th character", null);
    }
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /**
   * @param name what {@code pg_stat_activity} shows
   * @param statementTime limit of one statement
   * @param idleTime limit of a transaction in which nothing happens: the lease of what is taken
   */
  PgConnection open(String name, Duration statementTime, Duration idleTime) throws SQLException {
    return open(name, statementTime, idleTime, Map.of());
  }

  /**
   * As {@link #open(String, Duration, Duration)}.
   *
   * @param more properties of the driver
   */
  PgConnection open(
      String name, Duration statementTime, Duration idleTime, Map<String, String> more)
      throws SQLException {
    Properties all = new Properties();
    all.putAll(account);
    all.setProperty("ApplicationName", name);
    all.setProperty("stringtype", "unspecified");
    all.setProperty("tcpKeepAlive", "true");
    all.setProperty("connectTimeout", String.valueOf(CONNECT_SECONDS));
    all.setProperty("loginTimeout", String.valueOf(CONNECT_SECONDS));
    long patience = statementTime.plus(SERVER_PATIENCE).toSeconds();
    all.setProperty("socketTimeout", String.valueOf(patience));
    all.setProperty(
        "options",
        String.format(
            Locale.ROOT,
            "-c statement_timeout=%d -c idle_in_transaction_session_timeout=%d"
                + " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"
                + " -c tcp_user_timeout=30000",
            statementTime.toMillis(),
            idleTime.toMillis()));
    all.putAll(more);
    Connection connection = new Driver().connect(url, all);
    if (connection == null) {
      throw new SQLException("the driver does not take the URL of " + this);
    }
    return connection.unwrap(PgConnection.class);
  }

  /** Without the account. */
  @Override
  public String toString() {
    int query = url.indexOf('?');
    return (query < 0 ? url : url.substring(0, query)).substring("jdbc:".length());
  }
}
