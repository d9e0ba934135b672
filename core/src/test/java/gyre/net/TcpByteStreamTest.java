package gyre.net;

import gyre.io.ByteStreamConformance;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes-0")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpByteStreamTest extends ByteStreamConformance {
  @Override
  protected Ends open(StreamOptions options) {
    ListenOptions how = ListenOptions.defaults().stream(options);
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, how)) {
      TcpStream near = TcpStream.connect(listener.address(), options);
      return new Ends(near, listener.accept());
    }
  }

  @Override
  protected boolean tellsResets() {
    return true;
  }
}
