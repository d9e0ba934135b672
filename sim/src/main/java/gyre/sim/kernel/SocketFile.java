package gyre.sim.kernel;

import gyre.sim.engine.SimSocket;

/** A socket or a pipe of the world. */
final class SocketFile extends OpenFile {
  final SimSocket socket;

  SocketFile(SimSocket socket) {
    this.socket = socket;
  }

  @Override
  int levels() {
    return socket.levels();
  }

  @Override
  public String toString() {
    return socket.toString();
  }
}
