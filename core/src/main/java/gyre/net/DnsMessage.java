package gyre.net;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The messages of the domain name system (RFC 1035, 3596, 2782), as far as it takes to look up
 * addresses and services. No I/O: bytes in, values out. Nothing in a message is believed: each
 * length and each pointer is checked, and pointers lead backwards only.
 *
 * @param question the name that was asked for, in lower case and without a dot at its end
 * @param truncated the rest is to be had over TCP
 * @param records of the answer and the authority section; those of other kinds are left out
 */
record DnsMessage(
    int id,
    int code,
    boolean response,
    boolean truncated,
    String question,
    int type,
    List<DnsRecord> records) {
  static final int A = 1;
  static final int CNAME = 5;
  static final int SOA = 6;
  static final int AAAA = 28;
  static final int SRV = 33;

  static final int NO_ERROR = 0;
  static final int NAME_ERROR = 3;

  private static final int INTERNET = 1;
  private static final int HEADER_BYTES = 12;
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_LABEL_BYTES = 63;

  /** More are not looked at. */
  private static final int MAX_RECORDS = 256;

  // ---- asking

  /**
   * A question, with recursion desired.
   *
   * @throws IllegalArgumentException if the name can't be one
   */
  static byte[] query(int id, String name, int type) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    putShort(out, id);
    putShort(out, 0x0100);
    putShort(out, 1);
    putShort(out, 0);
    putShort(out, 0);
    putShort(out, 0);
    putName(out, name);
    putShort(out, type);
    putShort(out, INTERNET);
    return out.toByteArray();
  }

  private static void putShort(ByteArrayOutputStream out, int value) {
    out.write(value >>> 8);
    out.write(value);
  }

  static void putName(ByteArrayOutputStream out, String name) {
    int before = out.size();
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.ISO_8859_1);
      if (bytes.length == 0 || bytes.length > MAX_LABEL_BYTES) {
        throw new IllegalArgumentException(
            "\"" + name + "\" is no name: its parts have 1 to 63 bytes");
      }
      out.write(bytes.length);
      out.writeBytes(bytes);
    }
    out.write(0);
    if (out.size() - before > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("\"" + name + "\" is longer than 255 bytes");
    }
  }

  // ---- reading

  static DnsMessage parse(byte[] bytes) throws DnsFormatException {
    return new Parser(bytes).message();
  }

  private static final class Parser {
    private final byte[] bytes;
    private int at;

    Parser(byte[] bytes) {
      this.bytes = bytes;
    }

    DnsMessage message() throws DnsFormatException {
      require(HEADER_BYTES);
      int id = unsignedShort();
      int flags = unsignedShort();
      int questions = unsignedShort();
      int answers = unsignedShort();
      int authorities = unsignedShort();
      at = HEADER_BYTES;
      if (questions != 1) {
        throw new DnsFormatException(4, questions + " questions");
      }
      String question = name();
      int type = unsignedShort();
      unsignedShort();
      boolean isTruncated = (flags & 0x0200) != 0;
      // What is truncated is asked for again, and may end anywhere.
      List<DnsRecord> records =
          isTruncated ? List.of() : records(Math.min(MAX_RECORDS, answers + authorities));
      return new DnsMessage(
          id, flags & 0xF, (flags & 0x8000) != 0, isTruncated, question, type, records);
    }

    private List<DnsRecord> records(int count) throws DnsFormatException {
      List<DnsRecord> records = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        DnsRecord record = record();
        if (record != null) {
          records.add(record);
        }
      }
      return records;
    }

    private @Nullable DnsRecord record() throws DnsFormatException {
      String name = name();
      int type = unsignedShort();
      int kind = unsignedShort();
      long ttl = unsignedInt();
      long ttlSeconds = ttl > Integer.MAX_VALUE ? 0 : ttl; // RFC 2181
      int length = unsignedShort();
      require(length);
      int end = at + length;
      DnsRecord record = kind == INTERNET ? data(name, type, ttlSeconds, end) : null;
      at = end;
      return record;
    }

    private @Nullable DnsRecord data(String name, int type, long ttlSeconds, int end)
        throws DnsFormatException {
      return switch (type) {
        case A -> new DnsRecord.Address(name, ttlSeconds, address(end, 4));
        case AAAA -> new DnsRecord.Address(name, ttlSeconds, address(end, 16));
        case CNAME -> new DnsRecord.Alias(name, ttlSeconds, nameUpTo(end));
        case SRV -> service(name, ttlSeconds, end);
        case SOA -> authority(name, ttlSeconds, end);
        default -> null;
      };
    }

    private InetAddress address(int end, int length) throws DnsFormatException {
      if (end - at != length) {
        throw new DnsFormatException(at, "an address of " + (end - at) + " bytes");
      }
      try {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, at, end));
      } catch (UnknownHostException e) {
        throw new AssertionError("4 and 16 bytes are addresses", e);
      }
    }

    private DnsRecord service(String name, long ttlSeconds, int end) throws DnsFormatException {
      int priority = unsignedShort();
      int weight = unsignedShort();
      int port = unsignedShort();
      String host = nameUpTo(end);
      return new DnsRecord.Service(name, ttlSeconds, new DnsService(host, port, priority, weight));
    }

    /** The least of its own TTL and its last field says how long nothing stays nothing. */
    private DnsRecord authority(String name, long ttlSeconds, int end) throws DnsFormatException {
      name();
      name();
      at += 16;
      long minimum = unsignedInt();
      if (at > end) {
        throw new DnsFormatException(at, "a record exceeds its length");
      }
      return new DnsRecord.Authority(name, Math.min(ttlSeconds, minimum));
    }

    private String nameUpTo(int end) throws DnsFormatException {
      String name = name();
      if (at > end) {
        throw new DnsFormatException(at, "a name exceeds its record");
      }
      return name;
    }

    private String name() throws DnsFormatException {
      StringBuilder name = new StringBuilder();
      int here = at;
      int next = -1; // behind the first pointer
      int lowest = at;
      while (true) {
        int length = byteAt(here);
        if (length == 0) {
          at = next < 0 ? here + 1 : next;
          return name.toString().toLowerCase(Locale.ROOT);
        }
        if ((length & 0xC0) == 0xC0) {
          int target = (length & 0x3F) << 8 | byteAt(here + 1);
          next = next < 0 ? here + 2 : next;
          if (target >= lowest) {
            throw new DnsFormatException(here, "a pointer that does not lead back");
          }
          here = target;
          lowest = target;
        } else if (length > MAX_LABEL_BYTES) {
          throw new DnsFormatException(here, "a label of an unknown kind");
        } else {
          label(name, here + 1, length);
          here += 1 + length;
        }
      }
    }

    private void label(StringBuilder name, int from, int length) throws DnsFormatException {
      if (from + length > bytes.length || name.length() + length + 1 > MAX_NAME_BYTES) {
        throw new DnsFormatException(from, "a name that is too long");
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      for (int i = from; i < from + length; i++) {
        if (bytes[i] == '.') {
          throw new DnsFormatException(i, "a dot within a label");
        }
        name.append((char) (bytes[i] & 0xFF));
      }
    }

    private int byteAt(int index) throws DnsFormatException {
      if (index >= bytes.length) {
        throw new DnsFormatException(index, "the message ends too early");
      }
      return bytes[index] & 0xFF;
    }

    private void require(int count) throws DnsFormatException {
      if (bytes.length - at < count) {
        throw new DnsFormatException(at, "the message ends too early");
      }
    }

    private int unsignedShort() throws DnsFormatException {
      require(2);
      int value = (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
      at += 2;
      return value;
    }

    private long unsignedInt() throws DnsFormatException {
      return (long) unsignedShort() << 16 | unsignedShort();
    }
  }
}
