package gyre.tls;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** What clients say first. */
final class Hellos {
  private Hellos() {}

  /** A hello of the JDK, with its record. */
  static byte[] of(String name, String... protocols) {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine();
      engine.setUseClientMode(true);
      SSLParameters how = engine.getSSLParameters();
      how.setServerNames(List.of(new SNIHostName(name)));
      if (protocols.length > 0) {
        how.setApplicationProtocols(protocols);
      }
      engine.setSSLParameters(how);
      ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      engine.wrap(ByteBuffer.allocate(0), out);
      byte[] hello = new byte[out.flip().remaining()];
      out.get(hello);
      return hello;
    } catch (GeneralSecurityException | SSLException e) {
      throw new AssertionError(e);
    }
  }

  /** The same in records of so many bytes. */
  static byte[] inRecords(byte[] hello, int bytes) {
    int length = hello.length - 5;
    int records = (length + bytes - 1) / bytes;
    ByteBuffer out = ByteBuffer.allocate(length + 5 * records);
    for (int at = 0; at < length; at += bytes) {
      int part = Math.min(bytes, length - at);
      out.put((byte) 22).put((byte) 3).put((byte) 1).putShort((short) part);
      out.put(hello, 5 + at, part);
    }
    return out.array();
  }
}
