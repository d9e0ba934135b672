package gyre.lab.program;

import gyre.Loop;
import gyre.balancer.Balancer;
import gyre.balancer.BalancerConfig;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Router;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.http.websocket.WebSocketHandler;
import gyre.http.websocket.WebSocketOptions;
import gyre.io.ByteQueue;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Gyre, in one of its two styles. */
final class GyreProgram extends Program {
  private static final String HOST = "127.0.0.1";
  private static final int BACKLOG = 4096;
  private static final String HELLO = "Hello, World!\n";

  private final boolean push;

  private GyreProgram(boolean push) {
    this.push = push;
  }

  static GyreProgram push() {
    return new GyreProgram(true);
  }

  static GyreProgram direct() {
    return new GyreProgram(false);
  }

  @Override
  int echo(int port) throws ExecutionException, InterruptedException {
    GyreLoop loop = GyreLoop.start();
    TcpListener listener =
        loop.call(() -> TcpListener.bind(HOST, port, ListenOptions.defaults().backlog(BACKLOG)));
    loop.post(() -> serve(listener));
    return listener.port();
  }

  private void serve(TcpListener listener) {
    if (push) {
      listener.onConnection(stream -> stream.onData(stream::write));
    } else {
      listener.serve(GyreProgram::echo);
    }
  }

  private static void echo(TcpStream stream) {
    while (stream.await(1)) {
      stream.write(stream.input());
    }
  }

  @Override
  int http(int port) throws ExecutionException, InterruptedException {
    InetSocketAddress where = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    ListenOptions listen = ListenOptions.defaults().backlog(BACKLOG);
    HttpOptions options =
        HttpOptions.defaults()
            .server(ServerOptions.defaults().listen(listen))
            .limits(HttpLimits.defaults().requestsPerConnection(Integer.MAX_VALUE))
            .reuseRequests(true); // of callbacks
    Router router = Router.create().get("/hello", (_, response) -> response.send(HELLO));
    Loop loop = GyreLoop.start().loop();
    HttpServer server =
        push
            ? HttpServer.onRequest(loop, where, options, router)
            : HttpServer.serve(loop, where, options, router);
    return server.address().getPort();
  }

  @Override
  int webSocket(int port) throws ExecutionException, InterruptedException {
    if (!push) {
      throw new UnsupportedOperationException("messages come to callbacks: see gyre-push");
    }
    InetSocketAddress where = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    ListenOptions listen = ListenOptions.defaults().backlog(BACKLOG);
    HttpOptions options = HttpOptions.defaults().server(ServerOptions.defaults().listen(listen));
    WebSocketEndpoint echo =
        WebSocketEndpoint.push(WebSocketOptions.defaults(), new WebSocketEcho());
    return HttpServer.onRequest(GyreLoop.start().loop(), where, options, echo).address().getPort();
  }

  private static final class WebSocketEcho implements WebSocketHandler {
    @Override
    public void onText(WebSocket ws, ByteQueue text) {
      ws.sendText(text);
    }

    @Override
    public void onBinary(WebSocket ws, ByteQueue bytes) {
      ws.sendBinary(bytes);
    }
  }

  /** The balancer, with its callbacks: there is no other style of it. */
  @Override
  int proxy(int port) throws Exception {
    if (!push) {
      throw new UnsupportedOperationException("the same as gyre-push: there is one balancer");
    }
    String where = HOST + ":" + port;
    String target = HOST + ":" + EchoBehind.start();
    Balancer balancer =
        Balancer.open(GyreLoop.start().loop(), BalancerConfig.simple(where, List.of(target)));
    return balancer.addresses().values().iterator().next().getPort();
  }

  @Override
  Round events(Options options) throws Exception {
    return pushOnly(GyreEvents.open(GyreLoop.start(), options));
  }

  @Override
  Round cascade(Options options) throws Exception {
    return pushOnly(GyreCascade.open(GyreLoop.start(), options));
  }

  @Override
  Round timers(Options options) throws Exception {
    return pushOnly(new TimerPasses(options, GyreTimers::new));
  }

  @Override
  Round wake(Options options) throws Exception {
    return pushOnly(
        WakeRound.of(
            options, GyreLoop.start(Cores::pinToFirst), GyreLoop.start(Cores::pinToSecond)));
  }

  @Override
  Round files(Options options) throws Exception {
    return directOnly(GyreFiles.open(GyreLoop.start(), options));
  }

  @Override
  Round watch(Options options) throws Exception {
    return directOnly(GyreWatch.open(GyreLoop.start(), options));
  }

  @Override
  Round spawn(Options options) throws Exception {
    if (push) {
      throw new UnsupportedOperationException("children are awaited by fibers: see gyre-direct");
    }
    return new GyreSpawns(GyreLoop.start(), options);
  }

  @Override
  Round codecs(Options options) {
    return pushOnly(CodecRound.of(options, new GyreCodecs(CodecRound.isLines(options))));
  }

  @Override
  Round channels(Options options) throws Exception {
    return directOnly(GyreChannels.channels(options));
  }

  @Override
  Round locks(Options options) throws Exception {
    return directOnly(GyreChannels.locks(options));
  }

  @Override
  void overload(Options options) throws Exception {
    if (push) {
      throw new UnsupportedOperationException("frames are awaited by fibers: see gyre-direct");
    }
    OverloadServer.start(options).untilTheEnd();
  }

  private Round directOnly(Round round) {
    if (push) {
      throw new UnsupportedOperationException("fibers wait for it: see gyre-direct");
    }
    return round;
  }

  private Round pushOnly(Round round) {
    if (!push) {
      throw new UnsupportedOperationException("the same as gyre-push: there are callbacks only");
    }
    return round;
  }
}
