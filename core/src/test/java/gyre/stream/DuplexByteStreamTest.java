package gyre.stream;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams over one descriptor for both directions, as terminals are. */
@Tag("fiber-modes-1")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DuplexByteStreamTest extends DescriptorConformance {
  @Override
  boolean isPipes() {
    return false;
  }
}
