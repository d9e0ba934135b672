package gyre.http.client;

import gyre.http.HttpLimits;
import gyre.http.wire.AnswerReader;
import gyre.io.ByteQueue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A case of {@code answers.txt}, and what comes of bytes. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Answer(String id, AnswerReader.Asked asked, String expected, byte[] bytes, boolean isEnded) {
  static List<Answer> all() {
    List<Answer> all = new ArrayList<>();
    for (String line : text().lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(" \\| ?", 5);
      AnswerReader.Asked asked =
          parts[2].equals("GET") ? AnswerReader.Asked.OTHER : AnswerReader.Asked.valueOf(parts[2]);
      boolean isEnded = parts[4].endsWith("\\E");
      String bytes = isEnded ? parts[4].substring(0, parts[4].length() - 2) : parts[4];
      all.add(new Answer(parts[0], asked, parts[3], unescape(bytes), isEnded));
    }
    return all;
  }

  private static String text() {
    try (InputStream in = Answer.class.getResourceAsStream("answers.txt")) {
      if (in == null) {
        throw new AssertionError("answers.txt is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] unescape(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char at = text.charAt(i);
      if (at != '\\') {
        out.write(at);
        continue;
      }
      char kind = text.charAt(++i);
      switch (kind) {
        case 'r' -> out.write('\r');
        case 'n' -> out.write('\n');
        case 't' -> out.write('\t');
        case '0' -> out.write(0);
        case '\\' -> out.write('\\');
        case 'x' -> {
          out.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> throw new AssertionError("unknown escape in " + text);
      }
    }
    return out.toByteArray();
  }

  /** What comes of the bytes in pieces of this size, as {@link #expected} says it. */
  static String outcome(byte[] bytes, AnswerReader.Asked asked, boolean isEnded, int piece) {
    AnswerReader reader = Wire.reader(HttpLimits.defaults());
    try (ByteQueue in = ByteQueue.create();
        ByteQueue body = ByteQueue.create()) {
      reader.begin(asked);
      AnswerReader.Outcome outcome = AnswerReader.Outcome.MORE;
      boolean isHead = true;
      for (int from = 0; from < bytes.length; from += piece) {
        in.append(bytes, from, Math.min(piece, bytes.length - from));
        if (isHead) {
          outcome = reader.readHead(in);
          isHead = outcome == AnswerReader.Outcome.MORE;
        }
        if (!isHead && outcome != AnswerReader.Outcome.FAILED) {
          outcome = reader.readBody(in, body, 1 << 20, 1 << 20);
        }
      }
      if (outcome == AnswerReader.Outcome.MORE && isEnded) {
        outcome = reader.inputEnded();
      }
      return switch (outcome) {
        case MORE -> "more";
        case FAILED -> "fail";
        case DONE -> describe(reader, body, in.size());
      };
    }
  }

  private static String describe(AnswerReader reader, ByteQueue body, long left) {
    String text = new String(body.take((int) body.size()), StandardCharsets.ISO_8859_1);
    String trailer = reader.trailer("x");
    return reader.status()
        + " "
        + (text.isEmpty() ? "-" : text)
        + (trailer == null ? "" : "[x=" + trailer + "]")
        + (reader.mayPersist() ? " keep" : " end")
        + (left == 0 ? "" : "+" + left);
  }

  @Override
  public String toString() {
    return id;
  }
}
