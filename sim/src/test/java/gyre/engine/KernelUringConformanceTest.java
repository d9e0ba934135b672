package gyre.engine;

/** What every engine promises, by that of io_uring above a played kernel. */
class KernelUringConformanceTest extends KernelConformance {
  KernelUringConformanceTest() {
    super("io_uring");
  }
}
