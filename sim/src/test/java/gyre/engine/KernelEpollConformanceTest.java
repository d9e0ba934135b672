package gyre.engine;

/** What every engine promises, by that of epoll above a played kernel. */
class KernelEpollConformanceTest extends KernelConformance {
  KernelEpollConformanceTest() {
    super("epoll");
  }
}
