package gyre.engine;

/** The engine of io_uring keeps what every engine promises, above a kernel that is played too. */
class KernelUringConformanceTest extends KernelConformance {
  KernelUringConformanceTest() {
    super("io_uring");
  }
}
