package planted.gyre.engine.uring;

import planted.gyre.engine.epoll.EpollEngine;

public interface UringEngine {
  EpollEngine cycle();
}
