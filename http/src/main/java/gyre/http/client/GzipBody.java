package gyre.http.client;

import gyre.io.ByteQueue;
import gyre.io.EndOfStreamException;
import gyre.io.LimitExceededException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates a body on the way: RFC 1952. What a few bytes may become is bounded, by a ratio and in
 * all, and so is what is held at a time.
 */
final class GzipBody implements ClientBody {
  private enum State {
    /** Of a member; there may be several. */
    HEADER,
    DATA,
    TRAILER,
    END
  }

  private static final int PIECE_BYTES = 8 * 1024;
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int NAME_LIMIT_BYTES = 4 * 1024;
  private static final int HAS_CHECK = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int RESERVED = 0xE0;

  /** A text of blanks is compressed well, and is no bomb while it is small. */
  private static final int HARMLESS_BYTES = 64 * 1024;

  private final AnswerBody raw;
  private final String request;
  private final int ratio;
  private final long mostBytes;
  private final ByteQueue bytes;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 check = new CRC32();
  private final byte[] compressed = new byte[PIECE_BYTES];
  private final byte[] plain = new byte[PIECE_BYTES];
  private State state = State.HEADER;
  private long limitBytes;
  private long members;
  private long memberBytes;
  private long inBytes;
  private long outBytes;
  private boolean isClosed;

  GzipBody(AnswerBody raw, String request, ClientOptions options) {
    this.raw = raw;
    this.request = request;
    this.ratio = options.inflateRatio();
    this.mostBytes = options.inflatedBytes();
    this.limitBytes = Math.min(options.limits().bodyBytes(), mostBytes);
    this.bytes = raw.input().sibling();
    var ignored = raw.limit(Long.MAX_VALUE); // what comes out is limited
  }

  void close() {
    if (!isClosed) {
      isClosed = true;
      inflater.end();
      bytes.close();
      raw.close();
    }
  }

  private HttpClientException malformed(String why) {
    raw.close();
    return HttpClientException.malformed(request, Phase.BODY, "gzip: " + why);
  }

  @Override
  public boolean await(int count) {
    if (count > AnswerBody.HELD_BYTES) {
      throw new IllegalArgumentException(
          "can't wait for "
              + count
              + " bytes: "
              + name()
              + " holds up to "
              + AnswerBody.HELD_BYTES);
    }
    while (bytes.size() < count) {
      if (isClosed) {
        throw new IllegalStateException(name() + " is closed");
      }
      switch (state) {
        case HEADER -> readHeader();
        case DATA -> inflate();
        case TRAILER -> readTrailer();
        case END -> {
          return false;
        }
      }
    }
    return true;
  }

  private void readHeader() {
    if (members > 0 && !raw.await(1)) {
      state = State.END;
      inflater.end();
      return;
    }
    try {
      byte[] head = raw.readExactly(HEADER_BYTES);
      inBytes += HEADER_BYTES;
      int flags = head[3] & 0xFF;
      if ((head[0] & 0xFF) != 0x1F
          || (head[1] & 0xFF) != 0x8B
          || head[2] != 8
          || (flags & RESERVED) != 0) {
        throw malformed("it does not begin as gzip does");
      }
      skipParts(flags);
    } catch (EndOfStreamException | LimitExceededException e) {
      throw malformed("its header is cut short or too long");
    }
    members++;
    memberBytes = 0;
    inflater.reset();
    check.reset();
    state = State.DATA;
  }

  private void skipParts(int flags) {
    if ((flags & HAS_EXTRA) != 0) {
      byte[] length = raw.readExactly(2);
      var ignored = raw.readExactly((length[0] & 0xFF) | (length[1] & 0xFF) << 8);
    }
    if ((flags & HAS_NAME) != 0) {
      var ignored = raw.readUntil((byte) 0, NAME_LIMIT_BYTES);
    }
    if ((flags & HAS_COMMENT) != 0) {
      var ignored = raw.readUntil((byte) 0, NAME_LIMIT_BYTES);
    }
    if ((flags & HAS_CHECK) != 0) {
      var ignored = raw.readExactly(2);
    }
  }

  private void inflate() {
    if (inflater.needsInput()) {
      if (!raw.await(1)) {
        throw malformed("it is cut short");
      }
      // Looked at and consumed later: what is behind the end of the member is the trailer.
      int part = (int) Math.min(PIECE_BYTES, raw.input().size());
      raw.input().copyTo(0, compressed, 0, part);
      inflater.setInput(compressed, 0, part);
    }
    int before = inflater.getRemaining();
    int count;
    try {
      count = inflater.inflate(plain);
    } catch (DataFormatException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
    int used = before - inflater.getRemaining();
    raw.input().drain(used);
    inBytes += used;
    outBytes += count;
    memberBytes += count;
    checkBomb();
    check.update(plain, 0, count);
    bytes.append(plain, 0, count);
    if (inflater.finished()) {
      state = State.TRAILER;
    } else if (inflater.needsDictionary() || (count == 0 && used == 0)) {
      throw malformed("it needs a dictionary, or makes no progress");
    }
  }

  private void checkBomb() {
    if (outBytes > limitBytes) {
      throw malformed("it becomes longer than " + limitBytes + " bytes: see limit, inflatedBytes");
    }
    if (outBytes > HARMLESS_BYTES && outBytes / ratio > inBytes) {
      throw malformed("it becomes more than " + ratio + " times as long: see inflateRatio");
    }
  }

  private void readTrailer() {
    byte[] end;
    try {
      end = raw.readExactly(TRAILER_BYTES);
    } catch (EndOfStreamException e) {
      throw malformed("it is cut short");
    }
    inBytes += TRAILER_BYTES;
    if (number(end, 0) != check.getValue() || number(end, 4) != (memberBytes & 0xFFFF_FFFFL)) {
      throw malformed("its checksum or length is wrong");
    }
    state = State.HEADER;
  }

  private static long number(byte[] bytes, int at) {
    long value = 0;
    for (int i = 3; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xFF);
    }
    return value;
  }

  // ---- for the caller

  @Override
  public long length() {
    return -1;
  }

  @Override
  public ClientBody limit(long value) {
    limitBytes = Math.min(Checks.atLeast("limit", value, 0), mostBytes);
    return this;
  }

  @Override
  public ClientBody silence(Duration value) {
    var ignored = raw.silence(value);
    return this;
  }

  @Override
  public String name() {
    return raw.name();
  }

  @Override
  public ByteQueue input() {
    return bytes;
  }

  @Override
  public int awaitLimitBytes() {
    return raw.awaitLimitBytes();
  }

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    return await(1) ? bytes.read(target) : -1;
  }

  @Override
  public byte[] readAll() {
    return Bodies.readAll(this);
  }

  @Override
  public @Nullable String trailer(String name) {
    return raw.trailer(name);
  }
}
