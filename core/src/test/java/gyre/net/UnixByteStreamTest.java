package gyre.net;

import gyre.io.ByteStreamConformance;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes-1")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnixByteStreamTest extends ByteStreamConformance {
  @Override
  protected Ends open(StreamOptions options) {
    UnixStream.Pair pair = UnixStream.pair(options);
    return new Ends(pair.left(), pair.right());
  }

  /** A kernel tells the other end of a Unix socket of the end alone. */
  @Override
  protected boolean tellsResets() {
    return false;
  }
}
