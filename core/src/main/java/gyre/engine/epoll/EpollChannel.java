package gyre.engine.epoll;

import gyre.engine.readiness.Channel;

/** A descriptor that epoll may know. */
final class EpollChannel extends Channel {
  /** Tells this channel from those which had its number before. */
  final int generation;

  EpollChannel(int descriptor, int generation) {
    super(descriptor);
    this.generation = generation;
  }
}
