package gyre.net;

/** What a server does with a connection, in a fiber. The stream is closed when this returns. */
@FunctionalInterface
public interface ConnectionHandler<S extends SocketStream> {
  void handle(S stream) throws Exception;
}
