package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import gyre.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The hashes of files: whether the harness is what it was, and whether a built artifact differs.
 */
record Seal(Map<String, String> hashes) {
  Seal {
    hashes = Map.copyOf(hashes);
  }

  /** Of all files below {@code root} that match; a link counts by where it points. */
  static Seal of(Path root, Globs globs) {
    Map<String, String> hashes = new TreeMap<>();
    if (!Files.isDirectory(root)) {
      return new Seal(hashes);
    }
    try {
      Files.walkFileTree(root, new Hashing(root, globs, hashes));
    } catch (IOException e) {
      throw new LabException("cannot read " + root + ": " + e, e);
    }
    return new Seal(hashes);
  }

  /** Of all files that match, in folders that links lead to as well. */
  static Seal behindLinks(Path root, Globs globs) {
    Map<String, String> hashes = new TreeMap<>();
    try {
      Files.walkFileTree(
          root,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          Integer.MAX_VALUE,
          new Hashing(root, globs, hashes));
    } catch (IOException e) {
      throw new LabException("cannot read " + root + ": " + e, e);
    }
    return new Seal(hashes);
  }

  /** One for all of them. */
  String hash() {
    return hash(new TreeMap<>(hashes).toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Paths that are other, new or gone in {@code later}. */
  TreeSet<String> differences(Seal later) {
    TreeSet<String> differing = new TreeSet<>(hashes.keySet());
    differing.addAll(later.hashes.keySet());
    differing.removeIf(
        path -> hashes.getOrDefault(path, "").equals(later.hashes.getOrDefault(path, "")));
    return differing;
  }

  boolean isEmpty() {
    return hashes.isEmpty();
  }

  JsonObject json() {
    JsonObject object = new JsonObject();
    new TreeMap<>(hashes).forEach(object::put);
    return object;
  }

  static Seal of(JsonObject object) {
    Map<String, String> hashes = new TreeMap<>();
    object.keySet().forEach(path -> hashes.put(path, object.getString(path, "")));
    return new Seal(hashes);
  }

  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** Does not follow links, and leaves out what git keeps for itself. */
  private static final class Hashing extends SimpleFileVisitor<Path> {
    private final Path root;
    private final Globs globs;
    private final Map<String, String> hashes;

    Hashing(Path root, Globs globs, Map<String, String> hashes) {
      this.root = root;
      this.globs = globs;
      this.hashes = hashes;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      boolean isGit = folder.endsWith(".git");
      return isGit ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Path relative = root.relativize(file);
      if (globs.matches(relative)) {
        String content =
            attributes.isSymbolicLink()
                ? "-> " + Files.readSymbolicLink(file)
                : hash(Files.readAllBytes(file));
        String mode = Files.isExecutable(file) ? " x" : "";
        hashes.put(relative.toString(), content + mode);
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
