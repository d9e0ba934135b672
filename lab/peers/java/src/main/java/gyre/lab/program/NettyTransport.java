package gyre.lab.program;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringAdaptiveBufferRingAllocator;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import org.jspecify.annotations.Nullable;

/** What Netty can stand on, each set up as its documentation advises for many connections. */
enum NettyTransport {
  NIO(NioServerSocketChannel.class),
  EPOLL(EpollServerSocketChannel.class),
  IO_URING(IoUringServerSocketChannel.class);

  /** The group of provided buffers that connections receive into. */
  static final short BUFFER_GROUP = 0;

  private static final short BUFFERS = 1024;
  private static final int BATCH = 64;

  private final Class<? extends ServerChannel> listener;

  NettyTransport(Class<? extends ServerChannel> listener) {
    this.listener = listener;
  }

  Class<? extends ServerChannel> listener() {
    return listener;
  }

  /** One event loop with one thread. */
  EventLoopGroup group() {
    Throwable obstacle = obstacle();
    if (obstacle != null) {
      throw new UnsupportedOperationException(
          "Netty finds no " + this + " here: " + rootOf(obstacle).getMessage(), obstacle);
    }
    return new MultiThreadIoEventLoopGroup(1, factory());
  }

  boolean hasBufferRing() {
    return this == IO_URING && IoUring.isRegisterBufferRingSupported();
  }

  private @Nullable Throwable obstacle() {
    return switch (this) {
      case NIO -> null;
      case EPOLL -> Epoll.isAvailable() ? null : Epoll.unavailabilityCause();
      case IO_URING -> IoUring.isAvailable() ? null : IoUring.unavailabilityCause();
    };
  }

  private IoHandlerFactory factory() {
    return switch (this) {
      case NIO -> NioIoHandler.newFactory();
      case EPOLL -> EpollIoHandler.newFactory();
      case IO_URING -> IoUringIoHandler.newFactory(uring());
    };
  }

  private IoUringIoHandlerConfig uring() {
    IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
    if (hasBufferRing()) {
      config.setBufferRingConfig(
          IoUringBufferRingConfig.builder()
              .bufferGroupId(BUFFER_GROUP)
              .bufferRingSize(BUFFERS)
              .batchSize(BATCH)
              .incremental(IoUring.isRegisterBufferRingIncSupported())
              .allocator(new IoUringAdaptiveBufferRingAllocator())
              .build());
    }
    return config;
  }

  private static Throwable rootOf(Throwable problem) {
    Throwable root = problem;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
