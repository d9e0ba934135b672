package gyre.http.websocket;

/**
 * What is done with a WebSocket in direct style, in a fiber of its own. The WebSocket is closed
 * when this returns; with code 1011 if it throws.
 */
@FunctionalInterface
public interface WebSocketSession {
  void run(WebSocket ws) throws Exception;
}
