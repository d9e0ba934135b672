package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.SimSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a real engine, but for how they get from one loop to another: here each loop is a
 * process with descriptors of its own, so it is not the number that is handed over.
 */
final class KernelSide implements Sockets {
  private final Sockets real;
  private final SimEngine process;
  private final SimKernel kernel;

  KernelSide(Sockets real, SimEngine process, SimKernel kernel) {
    this.real = real;
    this.process = process;
    this.kernel = kernel;
  }

  @Override
  public Object release(int descriptor) {
    Object ignored = real.release(descriptor);
    kernel.release(descriptor);
    return process.sockets().release(descriptor);
  }

  @Override
  public int adopt(Object released) {
    if (!(released instanceof SimSocket)) {
      return Errno.EINVAL.negated();
    }
    return process.sockets().adopt(released);
  }

  @Override
  public void discard(Object released) {
    process.sockets().discard(released);
  }

  @Override
  public int open(Family family, Type type) {
    return real.open(family, type);
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    return real.bind(descriptor, address);
  }

  @Override
  public int listen(int descriptor, int backlog) {
    return real.listen(descriptor, backlog);
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    return real.connect(descriptor, address);
  }

  @Override
  public int set(int descriptor, Option option, int value) {
    return real.set(descriptor, option, value);
  }

  @Override
  public int get(int descriptor, Option option) {
    return real.get(descriptor, option);
  }

  @Override
  public int setMulticastInterface(int descriptor, NetworkInterface through) {
    return real.setMulticastInterface(descriptor, through);
  }

  @Override
  public int join(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    return real.join(descriptor, group, through);
  }

  @Override
  public int leave(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    return real.leave(descriptor, group, through);
  }

  @Override
  public int shutdownOutput(int descriptor) {
    return real.shutdownOutput(descriptor);
  }

  @Override
  public boolean hasInput(int descriptor) {
    return real.hasInput(descriptor);
  }

  @Override
  public @Nullable SocketAddress localAddress(int descriptor) {
    return real.localAddress(descriptor);
  }

  @Override
  public @Nullable SocketAddress remoteAddress(int descriptor) {
    return real.remoteAddress(descriptor);
  }

  @Override
  public int pair(int[] two) {
    return real.pair(two);
  }

  @Override
  public void close(int descriptor) {
    real.close(descriptor);
  }
}
