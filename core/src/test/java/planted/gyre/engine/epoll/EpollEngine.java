package planted.gyre.engine.epoll;

import planted.gyre.engine.uring.UringEngine;

public interface EpollEngine {
  UringEngine otherEngine();
}
