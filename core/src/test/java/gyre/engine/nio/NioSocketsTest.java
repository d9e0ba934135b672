package gyre.engine.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.Test;

class NioSocketsTest {
  private static final class Stubborn extends AbstractSelectableChannel {
    Stubborn() {
      super(SelectorProvider.provider());
    }

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
      throw new IOException("no");
    }

    @Override
    public int validOps() {
      return SelectionKey.OP_READ;
    }
  }

  @Test
  void shouldCloseAChannelThatInsistsOnBlocking() {
    Stubborn channel = new Stubborn();
    assertThatThrownBy(() -> NioSockets.makeNonBlocking(channel)).hasMessage("no");
    assertThat(channel.isOpen()).isFalse();
  }
}
