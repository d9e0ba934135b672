package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteQueueSmokeTest {
  @Test
  void shouldWork() {
    ByteQueue q = ByteQueue.create(128 * 1024);
    q.append("hello\r\nworld");
    q.appendInt(0x01020304);
    q.prependShort(7);
    assertThat(q.readShort()).isEqualTo((short) 7);
    assertThat(q.readLine(100, StandardCharsets.UTF_8)).isEqualTo("hello");
    q.append(new byte[20000]);
    q.pullUp(20000);
    ByteQueue r = q.sibling();
    r.append(q, 7);
    assertThat(r.readString(5, StandardCharsets.UTF_8)).isEqualTo("world");
    assertThat(q.size()).isEqualTo(20002);
  }
}
