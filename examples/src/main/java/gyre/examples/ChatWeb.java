package gyre.examples;

import gyre.LoopGroup;
import gyre.ShutdownOptions;
import gyre.http.HttpException;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Router;
import gyre.http.websocket.Message;
import gyre.http.websocket.SlowPolicy;
import gyre.http.websocket.Topic;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.http.websocket.WebSocketOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Rooms to chat in, by browsers: {@code /} is the page, {@code /rooms/NAME} a WebSocket. */
public final class ChatWeb {
  private static final int MOST_ROOMS = 1000;
  private static final WebSocketOptions OPTIONS = WebSocketOptions.defaults().messageBytes(2000);
  private static final Map<String, Topic> ROOMS = new ConcurrentHashMap<>();

  private ChatWeb() {}

  private static Topic room(String name) {
    if (ROOMS.size() >= MOST_ROOMS && !ROOMS.containsKey(name)) {
      throw new HttpException(503, "there are enough rooms");
    }
    return ROOMS.computeIfAbsent(name, key -> Topic.create(SlowPolicy.CLOSE));
  }

  private static void chat(WebSocket ws, Topic room, String name) {
    room.subscribe(ws);
    room.publish(name + " comes in");
    for (Message.Data message : ws) {
      if (message instanceof Message.Text(String text)) {
        room.publish(name + ": " + text);
      }
    }
    room.publish(name + " leaves");
  }

  private static Router router() throws IOException {
    byte[] page;
    try (InputStream in = ChatWeb.class.getResourceAsStream("chat-web.html")) {
      page = Objects.requireNonNull(in, "chat-web.html").readAllBytes();
    }
    return Router.create()
        .get("/", (request, response) -> response.contentType("text/html").send(page))
        .get(
            "/rooms/{room}",
            WebSocketEndpoint.directFor(
                OPTIONS,
                request -> {
                  Topic room = room(request.parameter("room"));
                  String guest = request.queryParameter("name");
                  return ws -> chat(ws, room, guest == null ? ws.name() : guest);
                }));
  }

  private static void serve(LoopGroup group, int port) throws IOException {
    HttpServer.onRequest(group, new InetSocketAddress(port), HttpOptions.defaults(), router());
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      System.err.println("usage: chatweb PORT");
      System.exit(2);
    }
    try (LoopGroup group = LoopGroup.open(2)) {
      int port = Integer.parseInt(arguments[0]);
      System.exit(
          group.runUntilShutdown(ShutdownOptions.defaults(), () -> serve(group, port)).code());
    }
  }
}
