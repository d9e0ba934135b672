package gyre.lab.program;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Netty, one event loop thread, on one of its transports. */
final class NettyProgram extends Program {
  private static final int BACKLOG = 4096;
  private static final int UPGRADE_LIMIT = 8192;

  private final NettyTransport transport;

  NettyProgram(NettyTransport transport) {
    this.transport = transport;
  }

  @Override
  int echo(int port) throws InterruptedException {
    return serve(
        port,
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new NettyEcho());
          }
        });
  }

  @Override
  int http(int port) throws InterruptedException {
    return serve(
        port,
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new HttpServerCodec(), new NettyHttp());
          }
        });
  }

  @Override
  int webSocket(int port) throws InterruptedException {
    return serve(
        port,
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            channel
                .pipeline()
                .addLast(
                    new HttpServerCodec(),
                    new HttpObjectAggregator(UPGRADE_LIMIT),
                    new WebSocketServerProtocolHandler("/echo"),
                    new NettyWebSocketEcho());
          }
        });
  }

  private int serve(int port, ChannelInitializer<Channel> each) throws InterruptedException {
    EventLoopGroup group = transport.group();
    ServerBootstrap server =
        new ServerBootstrap()
            .group(group)
            .channel(transport.listener())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(each);
    if (transport.hasBufferRing()) {
      server.childOption(
          IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, NettyTransport.BUFFER_GROUP);
    }
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    Channel channel = server.bind(address).sync().channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  Round timers(Options options) throws Exception {
    EventLoop loop = transport.group().next();
    return new TimerPasses(options, (alive, count) -> new NettyTimers(loop, alive, count));
  }

  @Override
  Round wake(Options options) {
    EventLoop near = transport.group().next();
    EventLoop far = transport.group().next();
    near.execute(Cores::pinToFirst);
    far.execute(Cores::pinToSecond);
    return WakeRound.of(options, near::execute, far::execute);
  }

  /** The same on each transport, as no socket takes part. */
  @Override
  Round codecs(Options options) {
    return CodecRound.of(options, new NettyCodecs(CodecRound.isLines(options)));
  }
}
