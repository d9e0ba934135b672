package gyre.lab;

import java.nio.file.Files;
import java.nio.file.Path;

/** A work tree of the project: where peers are built, and where this lab finds them. */
public record Home(Path root) {
  private static final Path CONTRACT = Path.of("lab", "peers", "README.md");

  /** The tree that {@code -Dgyre.home} names, else the one around the working directory. */
  public static Home find() {
    String named = System.getProperty("gyre.home");
    Path start = Path.of(named == null ? "" : named).toAbsolutePath().normalize();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(CONTRACT))) {
        return new Home(at);
      }
    }
    throw new LabException(
        start + " is no work tree of Gyre: the lab builds its peers from source, so clone it");
  }

  public Path peers() {
    return root.resolve("lab/peers");
  }

  public Path builtPeers() {
    return root.resolve("lab/target/peers");
  }

  public Path generatedPeers() {
    return root.resolve("lab/target/generated");
  }

  public Path javaPeers() {
    return root.resolve("lab/peers/java");
  }

  public Path experiments() {
    return root.resolve("experiments");
  }
}
