package gyre.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Paths as the kernel takes them, in the encoding that the JDK uses for them. */
final class Paths {
  private static final Charset CHARSET = charset();

  private Paths() {}

  private static Charset charset() {
    String encoding = System.getProperty("sun.jnu.encoding");
    return encoding != null && Charset.isSupported(encoding)
        ? Charset.forName(encoding)
        : StandardCharsets.UTF_8;
  }

  static byte[] bytes(Path path) {
    return bytes(path.toString());
  }

  static byte[] bytes(String path) {
    return path.getBytes(CHARSET);
  }

  static String text(byte[] path) {
    return new String(path, CHARSET);
  }

  /** The directory that a path is in. */
  static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? Path.of(".") : parent;
  }
}
