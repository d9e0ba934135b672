package gyre.lab.judge;

import gyre.generator.Framing;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Messages as a generated server frames them. */
enum Frames {
  LINES {
    @Override
    byte[] of(String message) {
      return (message + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    String read(InputStream in) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException("the connection ended where a line was due");
        }
        line.write(b);
      }
      return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    byte[] tooLong(int bytes) {
      return "x".repeat(bytes).getBytes(StandardCharsets.ISO_8859_1);
    }
  },
  LENGTH {
    @Override
    byte[] of(String message) {
      byte[] bytes = message.getBytes(StandardCharsets.ISO_8859_1);
      return ByteBuffer.allocate(Integer.BYTES + bytes.length)
          .putInt(bytes.length)
          .put(bytes)
          .array();
    }

    @Override
    String read(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      int length = data.readInt();
      if (length < 0 || length > LIMIT_BYTES) {
        throw new JudgementException("a message of the server has a length of " + length);
      }
      return new String(data.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    // Four GiB, said and not sent.
    @Override
    byte[] tooLong(int bytes) {
      return new byte[] {-1, -1, -1, -1};
    }
  };

  private static final int LIMIT_BYTES = 1 << 20;

  static Frames of(Framing framing) {
    return switch (framing) {
      case LINES -> LINES;
      case LENGTH -> LENGTH;
    };
  }

  abstract byte[] of(String message);

  abstract String read(InputStream in) throws IOException;

  /** The beginning of a message that has more than so many bytes. */
  abstract byte[] tooLong(int bytes);
}
