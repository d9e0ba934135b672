package gyre.net;

/**
 * What a server does with a connection: of {@code serve} in a fiber and a scope of its own. What it
 * has opened and started there ends when it returns, and then the stream is closed. Of {@code
 * onConnection} it is a callback, which prepares the stream and returns.
 */
@FunctionalInterface
public interface ConnectionHandler<S extends SocketStream> {
  void handle(S stream) throws Exception;
}
