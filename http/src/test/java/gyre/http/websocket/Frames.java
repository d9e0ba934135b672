package gyre.http.websocket;

import gyre.io.ByteQueue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/** Frames made, and events read, by a program of its own. */
final class Frames {
  static final int FIN = 0x80;
  static final int RSV1 = 0x40;

  private Frames() {}

  /** A masked frame, as clients send. */
  static byte[] client(int first, byte[] payload) {
    return frame(first, payload, 0x11C3A55E);
  }

  static byte[] client(int first, String payload) {
    return client(first, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** A frame that is not masked, as servers send. */
  static byte[] server(int first, byte[] payload) {
    return frame(first, payload, 0);
  }

  private static byte[] frame(int first, byte[] payload, int key) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head(first, payload.length, key != 0));
    if (key != 0) {
      for (int i = 0; i < 4; i++) {
        out.write(key >>> (24 - 8 * i));
      }
    }
    for (int i = 0; i < payload.length; i++) {
      out.write(key == 0 ? payload[i] : payload[i] ^ (key >>> (24 - 8 * (i % 4))));
    }
    return out.toByteArray();
  }

  /** The head alone, without the mask. */
  static byte[] head(int first, long length, boolean isMasked) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int mask = isMasked ? 0x80 : 0;
    out.write(first);
    if (length < 126) {
      out.write((int) length | mask);
    } else if (length < 65536) {
      out.write(126 | mask);
      out.write((int) (length >>> 8));
      out.write((int) length);
    } else {
      out.write(127 | mask);
      for (int i = 7; i >= 0; i--) {
        out.write((int) (length >>> (8 * i)));
      }
    }
    return out.toByteArray();
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** Compressed without context and without the tail. */
  static byte[] deflated(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(bytes);
    byte[] out = new byte[bytes.length + 100];
    int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(out, length - 4);
  }

  /** What a parser makes of bytes, cut where the caller says. */
  static final class Reader {
    private final ByteQueue in = ByteQueue.create();
    private final List<String> events = new ArrayList<>();
    final FrameParser parser;

    Reader(boolean expectsMask, boolean mayCompress, long messageBytes) {
      parser = new FrameParser(expectsMask, mayCompress, messageBytes, new byte[512], in);
    }

    Reader feed(byte[] bytes, int from, int to) {
      in.append(bytes, from, to - from);
      while (true) {
        FrameParser.Event event = parser.next(in);
        if (event == FrameParser.Event.MORE) {
          parser.keep();
          return this;
        }
        events.add(describe(event));
      }
    }

    private String describe(FrameParser.Event event) {
      return switch (event) {
        case MORE -> "";
        case MESSAGE -> {
          ByteQueue message = parser.message();
          String text =
              (parser.isText() ? "text " : "binary ")
                  + (parser.isCompressed() ? "compressed " : "")
                  + message.readString((int) message.size(), StandardCharsets.ISO_8859_1);
          parser.messageTaken();
          yield text;
        }
        case PING -> "ping " + control();
        case PONG -> "pong " + control();
        case CLOSE -> "close " + parser.closeCode() + " " + parser.closeReason();
        case FAILED -> "failed " + parser.problem();
      };
    }

    private String control() {
      ByteQueue control = parser.control();
      return control.readString((int) control.size(), StandardCharsets.ISO_8859_1);
    }

    List<String> events() {
      return events;
    }

    /** What it holds beside what it was not able to understand yet. */
    long heldBytes() {
      return parser.message().heldBytes();
    }
  }
}
