package gyre.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One case of {@code probes.txt}.
 *
 * @param rule the section of the standard
 * @param expected what must come out
 * @param written the bytes, with escapes
 */
record Probe(String id, String rule, String expected, String written) {
  static List<Probe> all() {
    List<Probe> probes = new ArrayList<>();
    for (String line : text().split("\n", -1)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] parts = line.split(" \\| ?", 4);
        probes.add(new Probe(parts[0].strip(), parts[1].strip(), parts[2].strip(), parts[3]));
      }
    }
    return probes;
  }

  private static String text() {
    try (InputStream in =
        Objects.requireNonNull(Probe.class.getResourceAsStream("probes.txt"), "probes.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    while (at < written.length()) {
      char next = written.charAt(at++);
      if (next != '\\') {
        out.write(next);
        continue;
      }
      switch (written.charAt(at++)) {
        case 'r' -> out.write('\r');
        case 'n' -> out.write('\n');
        case 't' -> out.write('\t');
        case '0' -> out.write(0);
        case '\\' -> out.write('\\');
        case 'x' -> {
          out.write(Integer.parseInt(written.substring(at, at + 2), 16));
          at += 2;
        }
        default -> throw new AssertionError("escape in " + written);
      }
    }
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return id + " (" + rule + ")";
  }
}
