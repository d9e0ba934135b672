package gyre.io;

import gyre.ClosedException;
import java.io.IOException;
import java.net.SocketTimeoutException;

/** Failures of streams in the JDK's terms. */
final class JdkFailures {
  private JdkFailures() {}

  static IOException of(IoException failure) {
    if (failure.isTimeout()) {
      SocketTimeoutException late = new SocketTimeoutException(failure.getMessage());
      late.initCause(failure);
      return late;
    }
    return new IOException(failure.getMessage(), failure);
  }

  static IOException of(ClosedException closed) {
    return new IOException(closed.getMessage(), closed);
  }

  static IOException closed() {
    return new IOException("Stream closed");
  }
}
