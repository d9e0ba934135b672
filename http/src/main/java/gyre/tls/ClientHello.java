package gyre.tls;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client says first, read without ending its TLS here: for whoever chooses a certificate, or
 * passes the connection on, by the name that is asked for. The bytes stay in the queue.
 *
 * <p>The hello may come in any pieces: of TCP, and of records. It is understood once, when all of
 * it is there; until then each call costs a few steps.
 *
 * @param serverName the name that is asked for, in lower case; null if there is none, as from
 *     clients that were given an address
 * @param applicationProtocols of ALPN, the preferred one first
 * @param versions of TLS that the client speaks, as numbers of the wire: 0x0304 is 1.3
 * @param hasEncryptedHello whether another, encrypted hello is inside, and so maybe another name
 */
public record ClientHello(
    @Nullable String serverName,
    List<String> applicationProtocols,
    List<Integer> versions,
    boolean hasEncryptedHello) {
  /** A hello of any browser is below 2 KiB; one with keys that resist quantum computers too. */
  public static final int LIMIT_BYTES = 16 * 1024;

  public static final int TLS_1_2 = 0x0303;
  public static final int TLS_1_3 = 0x0304;

  private static final String WHAT = "ClientHello";
  private static final int RECORD_HEADER_BYTES = 5;
  private static final int MESSAGE_HEADER_BYTES = 4;
  private static final int RECORDS_LIMIT = 64;
  private static final int NAME_LIMIT = 255;
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;

  public ClientHello {
    applicationProtocols = List.copyOf(applicationProtocols);
    versions = List.copyOf(versions);
  }

  /**
   * Reads the hello at the beginning of {@code in}, and leaves it there.
   *
   * @return null while more bytes are needed, of which there will be at most {@link #LIMIT_BYTES}
   * @throws DecodeException if it is none, or too long
   */
  public static @Nullable ClientHello read(ByteQueue in) {
    int message = 0; // bytes of it that are there
    int wanted = MESSAGE_HEADER_BYTES;
    long at = 0;
    for (int records = 0; message < wanted; records++) {
      checkStart(in, at);
      if (in.size() - at < RECORD_HEADER_BYTES) {
        return null;
      }
      int length = in.shortAt(at + 3) & 0xFFFF;
      checkRecord(at, length, records);
      long there = Math.min(length, in.size() - at - RECORD_HEADER_BYTES);
      if (message < MESSAGE_HEADER_BYTES && message + there >= MESSAGE_HEADER_BYTES) {
        wanted = wantedBytes(prefix(in, at, message));
      }
      message += (int) there;
      if (there < length && message < wanted) {
        return null;
      }
      at += RECORD_HEADER_BYTES + length;
    }
    return Parser.parse(gather(in, wanted));
  }

  /** As soon as a byte is there that no hello has, that is told. */
  private static void checkStart(ByteQueue in, long at) {
    if (in.size() > at && in.byteAt(at) != HANDSHAKE) {
      throw DecodeException.malformed(
          WHAT, at, "a handshake record begins with 22, not " + (in.byteAt(at) & 0xFF));
    }
    if (in.size() > at + 1 && in.byteAt(at + 1) != 3) {
      throw DecodeException.malformed(
          WHAT, at + 1, "the major version is 3, not " + (in.byteAt(at + 1) & 0xFF));
    }
  }

  private static void checkRecord(long at, int length, int records) {
    if (length == 0) {
      throw DecodeException.malformed(WHAT, at + 3, "an empty record");
    }
    if (length > LIMIT_BYTES) {
      throw DecodeException.tooLong(
          WHAT, at + 3, "a record of " + length + " bytes: at most " + LIMIT_BYTES);
    }
    if (records >= RECORDS_LIMIT) {
      throw DecodeException.tooLong(WHAT, at, "more than " + RECORDS_LIMIT + " records");
    }
  }

  /** The first bytes of the message, of which some may be in records before this one. */
  private static byte[] prefix(ByteQueue in, long at, int before) {
    byte[] prefix = new byte[MESSAGE_HEADER_BYTES];
    if (before == 0) {
      in.copyTo(at + RECORD_HEADER_BYTES, prefix, 0, prefix.length);
      return prefix;
    }
    return gather(in, MESSAGE_HEADER_BYTES);
  }

  private static int wantedBytes(byte[] prefix) {
    if (prefix[0] != CLIENT_HELLO) {
      throw DecodeException.malformed(
          WHAT, RECORD_HEADER_BYTES, "the message has type 1, not " + (prefix[0] & 0xFF));
    }
    int length = (prefix[1] & 0xFF) << 16 | (prefix[2] & 0xFF) << 8 | (prefix[3] & 0xFF);
    if (length > LIMIT_BYTES) {
      throw DecodeException.tooLong(
          WHAT,
          RECORD_HEADER_BYTES + 1,
          "it has " + length + " bytes, and at most " + LIMIT_BYTES + " are allowed");
    }
    return MESSAGE_HEADER_BYTES + length;
  }

  /** The first bytes of the message, out of their records. */
  private static byte[] gather(ByteQueue in, int bytes) {
    byte[] message = new byte[bytes];
    int filled = 0;
    long at = 0;
    while (filled < bytes) {
      int length = in.shortAt(at + 3) & 0xFFFF;
      int part = Math.min(length, bytes - filled);
      in.copyTo(at + RECORD_HEADER_BYTES, message, filled, part);
      filled += part;
      at += RECORD_HEADER_BYTES + length;
    }
    return message;
  }

  /** Reads a whole message, whose offsets are those that failures tell. */
  private static final class Parser {
    private static final int SERVER_NAME = 0;
    private static final int ALPN = 16;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int ENCRYPTED_CLIENT_HELLO = 0xFE0D;
    private static final int HOST_NAME = 0;
    private static final int RANDOM_BYTES = 32;
    private static final int SESSION_LIMIT_BYTES = 32;

    private final byte[] bytes;
    private int at = MESSAGE_HEADER_BYTES;
    private @Nullable String name;
    private final List<String> protocols = new ArrayList<>();
    private final List<Integer> versions = new ArrayList<>();
    private boolean isEncrypted;

    /** Of the extensions above, those that have come. */
    private int seen;

    private Parser(byte[] bytes) {
      this.bytes = bytes;
    }

    static ClientHello parse(byte[] bytes) {
      Parser parser = new Parser(bytes);
      parser.body();
      return new ClientHello(parser.name, parser.protocols, parser.versions, parser.isEncrypted);
    }

    private void body() {
      int version = number(2, bytes.length);
      skip(RANDOM_BYTES, bytes.length);
      int session = number(1, bytes.length);
      if (session > SESSION_LIMIT_BYTES) {
        throw malformed(at - 1, "a session of " + session + " bytes");
      }
      skip(session, bytes.length);
      int suites = number(2, bytes.length);
      if (suites < 2 || suites % 2 != 0) {
        throw malformed(at - 2, "cipher suites of " + suites + " bytes");
      }
      skip(suites, bytes.length);
      int compressions = number(1, bytes.length);
      if (compressions < 1) {
        throw malformed(at - 1, "no compression method");
      }
      skip(compressions, bytes.length);
      if (at < bytes.length) {
        int end = end(2, bytes.length);
        if (end != bytes.length) {
          throw malformed(end, "bytes behind the extensions");
        }
        while (at < end) {
          extension(end);
        }
      }
      if (versions.isEmpty()) {
        versions.add(version);
      }
    }

    private void extension(int limit) {
      int type = number(2, limit);
      int end = end(2, limit);
      switch (type) {
        case SERVER_NAME -> {
          once(1);
          serverName(end);
        }
        case ALPN -> {
          once(2);
          protocols(end);
        }
        case SUPPORTED_VERSIONS -> {
          once(4);
          versions(end);
        }
        case ENCRYPTED_CLIENT_HELLO -> isEncrypted = true;
        default -> {}
      }
      at = end;
    }

    private void once(int bit) {
      if ((seen & bit) != 0) {
        throw malformed(at, "an extension comes twice");
      }
      seen |= bit;
    }

    private void serverName(int limit) {
      int end = whole(2, limit);
      while (at < end) {
        int type = number(1, end);
        int nameEnd = end(2, end);
        if (type == HOST_NAME) {
          if (name != null) {
            throw malformed(at, "two server names");
          }
          name = hostName(nameEnd);
        }
        at = nameEnd;
      }
    }

    private String hostName(int end) {
      if (end == at || end - at > NAME_LIMIT) {
        throw malformed(at, "a server name of " + (end - at) + " bytes");
      }
      for (int i = at; i < end; i++) {
        if (bytes[i] <= ' ' || bytes[i] >= 127) {
          throw malformed(i, "a server name has letters, digits, dots and hyphens");
        }
      }
      String text = new String(bytes, at, end - at, StandardCharsets.US_ASCII);
      return text.toLowerCase(Locale.ROOT);
    }

    private void protocols(int limit) {
      int end = whole(2, limit);
      while (at < end) {
        int protocolEnd = end(1, end);
        if (protocolEnd == at) {
          throw malformed(at, "an empty protocol name");
        }
        protocols.add(new String(bytes, at, protocolEnd - at, StandardCharsets.ISO_8859_1));
        at = protocolEnd;
      }
    }

    private void versions(int limit) {
      int end = whole(1, limit);
      while (at < end) {
        versions.add(number(2, end));
      }
    }

    // ---- lengths

    /** A length, and where what it tells of ends: just at the limit. */
    private int whole(int width, int limit) {
      int end = end(width, limit);
      if (end != limit || end == at) {
        throw malformed(at - width, "a list does not fill its extension");
      }
      return end;
    }

    /** A length, and where what it tells of ends: not beyond the limit. */
    private int end(int width, int limit) {
      int length = number(width, limit);
      if (length > limit - at) {
        throw malformed(at - width, length + " bytes, where " + (limit - at) + " are");
      }
      return at + length;
    }

    private int number(int width, int limit) {
      if (limit - at < width) {
        throw malformed(at, "ends within a number");
      }
      int value = 0;
      for (int i = 0; i < width; i++) {
        value = value << 8 | (bytes[at++] & 0xFF);
      }
      return value;
    }

    private void skip(int count, int limit) {
      if (count > limit - at) {
        throw malformed(at, count + " bytes, where " + (limit - at) + " are");
      }
      at += count;
    }

    private static DecodeException malformed(int offset, String detail) {
      return DecodeException.malformed(WHAT, offset, detail);
    }
  }
}
