package gyre.tls;

import gyre.io.ByteStreamConformance;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What every stream of bytes promises, over TLS 1.3 on every engine. */
@Tag("fiber-modes-2")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsByteStreamTest extends ByteStreamConformance {
  private static final TlsIdentity IDENTITY = TlsIdentity.selfSigned("localhost");
  private static final TlsServer SERVER = TlsServer.of(TlsServerOptions.of(IDENTITY));
  private static final TlsClient CLIENT =
      TlsClient.of(TlsClientOptions.defaults().trust(List.of(IDENTITY.certificate())));

  @Override
  protected boolean addsBytes() {
    return true; // records and a handshake
  }

  @Override
  protected Ends open(StreamOptions options) {
    ListenOptions how = ListenOptions.defaults().stream(options);
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, how)) {
      TcpStream near = TcpStream.connect(listener.address(), options);
      TlsStream server = SERVER.stream(listener.accept());
      TlsStream client = CLIENT.connect(near, "localhost", 0);
      server.handshake();
      return new Ends(client, server);
    }
  }

  @Override
  protected boolean tellsResets() {
    return true;
  }
}
