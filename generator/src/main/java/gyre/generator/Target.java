package gyre.generator;

import java.util.Arrays;
import java.util.Optional;

/** What a generated program runs on. */
public enum Target {
  GYRE("gyre", "Java on Gyre, built by Maven"),
  LIBUV("libuv", "C on libuv, built by CMake"),
  ASIO("asio", "C++ on Boost.Asio, built by CMake"),
  TOKIO("tokio", "Rust on Tokio, built by Cargo"),
  MIO("mio", "Rust on mio, built by Cargo"),
  EPOLL("epoll", "C on epoll, built by make"),
  IO_URING("io_uring", "C on liburing, built by make"),
  KQUEUE("kqueue", "C on kqueue for BSD and macOS, built by make"),
  IOCP("iocp", "C on completion ports for Windows, built by make and MinGW");

  private final String label;
  private final String description;

  Target(String label, String description) {
    this.label = label;
    this.description = description;
  }

  /** As it is written on the command line. */
  public String label() {
    return label;
  }

  public String description() {
    return description;
  }

  public static Optional<Target> of(String label) {
    return Arrays.stream(values()).filter(target -> target.label.equals(label)).findFirst();
  }
}
