package gyre.http;

/**
 * What becomes of a connection that leaves HTTP, by {@link Response#upgrade}. In direct style this
 * runs in the fiber of the connection, may park, and the connection is closed when it returns. In
 * push style it is a callback of the loop, which says by {@link
 * gyre.io.ByteStream#onData(gyre.io.DataHandler)} who takes the bytes, and must not wait.
 */
@FunctionalInterface
public interface Upgrade {
  void run(UpgradedConnection connection) throws Exception;
}
