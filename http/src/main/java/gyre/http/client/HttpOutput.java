package gyre.http.client;

import gyre.http.wire.RequestHeadWriter;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A body that is sent in pieces: as chunks, or of a length that was said before. */
final class HttpOutput implements RequestOutput {
  private static final byte[] LINE_END = {'\r', '\n'};

  private final ByteStream stream;
  private final boolean isChunked;
  private final List<ClientRequest.Header> trailers = new ArrayList<>();
  private long leftBytes;

  /**
   * @param length -1 if nobody knows
   */
  HttpOutput(ByteStream stream, long length) {
    this.stream = stream;
    this.isChunked = length < 0;
    this.leftBytes = length;
  }

  private void begin(long bytes) {
    if (isChunked) {
      stream.write((Long.toHexString(bytes) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    } else if (bytes > leftBytes) {
      throw new IllegalStateException(
          "the body is longer than announced: "
              + bytes
              + " bytes where "
              + leftBytes
              + " are left");
    } else {
      leftBytes -= bytes;
    }
  }

  private void end() {
    if (isChunked) {
      stream.write(LINE_END);
    }
  }

  @Override
  public void write(ByteBuffer source) {
    if (source.hasRemaining()) {
      begin(source.remaining());
      stream.write(source);
      end();
    }
  }

  @Override
  public void write(ByteQueue source) {
    if (!source.isEmpty()) {
      begin(source.size());
      stream.write(source);
      end();
    }
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    if (length > 0) { // an empty chunk would be the end
      begin(length);
      stream.write(source, offset, length);
      end();
    }
  }

  @Override
  public void flush() {
    stream.flush();
  }

  @Override
  public void trailer(String name, String value) {
    Wire.checkHeader(name, value);
    if (!isChunked || !Wire.mayTrail(name)) {
      throw new IllegalArgumentException("field " + name + " belongs into the head");
    }
    trailers.add(new ClientRequest.Header(name, value));
  }

  /** The writer has returned. */
  void finish() {
    if (!isChunked) {
      if (leftBytes > 0) {
        throw new IllegalStateException(
            "the body is shorter than announced: " + leftBytes + " bytes are missing");
      }
      return;
    }
    RequestHeadWriter last = Wire.headWriter();
    for (ClientRequest.Header trailer : trailers) {
      last.field(trailer.name(), trailer.value());
    }
    stream.write("0\r\n".getBytes(StandardCharsets.US_ASCII));
    stream.write(last.finish());
  }
}
