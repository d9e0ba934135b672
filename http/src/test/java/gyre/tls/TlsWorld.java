package gyre.tls;

import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.util.List;

/** Two ends of TLS in one loop, and what they are made of. */
final class TlsWorld {
  static final SelfSigned AUTHORITY = SelfSigned.authority("Test");
  static final TlsIdentity LOCALHOST = AUTHORITY.issueServer("localhost", "127.0.0.1");

  private TlsWorld() {}

  record Raw(TcpStream near, TcpStream far) {}

  static Raw raw() {
    return raw(StreamOptions.defaults());
  }

  static Raw raw(StreamOptions options) {
    ListenOptions how = ListenOptions.defaults().stream(options);
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, how)) {
      TcpStream near = TcpStream.connect(listener.address(), options);
      return new Raw(near, listener.accept());
    }
  }

  static TlsServer server(TlsServerOptions options) {
    return TlsServer.of(options, new HandshakeGate(8));
  }

  static TlsClientOptions trusting() {
    return TlsClientOptions.defaults().trust(List.of(AUTHORITY.certificate()));
  }

  record Ends(TlsStream near, TlsStream far) {
    void close() {
      near.close();
      far.close();
    }
  }

  static Ends ends(TlsServerOptions server, TlsClientOptions client) {
    Raw raw = raw();
    TlsStream far = server(server).stream(raw.far());
    TlsStream near = TlsClient.of(client).connect(raw.near(), "localhost", 1);
    far.handshake();
    return new Ends(near, far);
  }
}
