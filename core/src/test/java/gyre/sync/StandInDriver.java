package gyre.sync;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A driver of JDBC that waits as the real ones do: in a blocking read of a socket of the JDK, while
 * it holds a lock. A query is a line, its answer is one too. What the test does not need of the
 * interfaces is refused.
 */
final class StandInDriver implements Driver {
  private static final String PREFIX = "jdbc:standin:";

  @Override
  public boolean acceptsURL(String url) {
    return url.startsWith(PREFIX);
  }

  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    try {
      int port = Integer.parseInt(url.substring(PREFIX.length()));
      Session session = new Session(new Socket(InetAddress.getLoopbackAddress(), port));
      return proxy(Connection.class, session);
    } catch (IOException e) {
      throw new SQLException(e);
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static UnsupportedOperationException unknown(Method method) {
    return new UnsupportedOperationException(method.toString());
  }

  private static final class Session implements InvocationHandler {
    private final Socket socket;
    private final BufferedReader answers;

    Session(Socket socket) throws IOException {
      this.socket = socket;
      this.answers =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, Object[] arguments)
        throws Throwable {
      return switch (method.getName()) {
        case "prepareStatement" -> statement((String) arguments[0]);
        case "close" -> {
          socket.close();
          yield null;
        }
        default -> throw unknown(method);
      };
    }

    private PreparedStatement statement(String sql) {
      Map<Integer, Object> values = new TreeMap<>();
      return proxy(
          PreparedStatement.class,
          (self, method, arguments) ->
              switch (method.getName()) {
                case "setInt" -> {
                  values.put((Integer) arguments[0], arguments[1]);
                  yield null;
                }
                case "executeQuery" -> row(ask(sql + " " + values.values()));
                case "close" -> null;
                default -> throw unknown(method);
              });
    }

    private synchronized String ask(String query) throws IOException {
      socket.getOutputStream().write((query + "\n").getBytes(StandardCharsets.UTF_8));
      return answers.readLine();
    }

    private static ResultSet row(String text) {
      boolean[] isRead = new boolean[1];
      return proxy(
          ResultSet.class,
          (self, method, arguments) ->
              switch (method.getName()) {
                case "next" -> {
                  boolean hasOne = !isRead[0];
                  isRead[0] = true;
                  yield hasOne;
                }
                case "getString" -> text;
                case "close" -> null;
                default -> throw unknown(method);
              });
    }
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getGlobal();
  }
}
