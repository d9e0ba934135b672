package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The target at one commit, in a folder of its own, with a build folder of its own. It is a
 * repository that borrows the objects of the checkout: nothing is written into the checkout, not
 * even what git notes for a work tree.
 */
record Tree(Path root, Path build) {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** The commit that {@code revision} means in a checkout. */
  static String commit(Path checkout, String revision) {
    if (!Files.isDirectory(checkout)) {
      throw new LabException(checkout + " is no folder: say where the checkout is by --checkout");
    }
    Shell.Result result = git(checkout, "rev-parse", "--verify", "--quiet", revision + "^{commit}");
    if (!result.isGood()) {
      throw new LabException("no commit '" + revision + "' in " + checkout);
    }
    return result.output().strip();
  }

  /** Makes it anew. */
  static Tree fresh(Path checkout, String commit, Path root, Path build) {
    delete(root);
    delete(build);
    try {
      Files.createDirectories(root.toAbsolutePath().getParent());
      Files.createDirectories(build);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    must(git(build, "init", "--quiet", "--template=", root.toString()));
    String objects = must(git(checkout, "rev-parse", "--git-path", "objects")).output().strip();
    new RoundFolder(root)
        .write(
            ".git/objects/info/alternates",
            checkout.resolve(objects).toAbsolutePath().normalize() + "\n");
    must(git(root, "checkout", "--quiet", "--detach", commit));
    return new Tree(root, build);
  }

  /** Applies a diff; empty where it went well, else what git says. */
  Optional<String> apply(Path diff) {
    String file = diff.toAbsolutePath().toString();
    Shell.Result result = git(root, "apply", "--whitespace=nowarn", file);
    if (!result.isGood()) {
      // Who writes a diff by hand, or as a model does, counts its lines wrongly. Not at first: it
      // would take the head of a second file for a line that goes.
      result = git(root, "apply", "--recount", "--whitespace=nowarn", file);
    }
    return result.isGood() ? Optional.empty() : Optional.of(result.failure());
  }

  /**
   * All paths that are not as the commit has them, before anything is built. Also those that git is
   * told to ignore: a diff could put a class file where the harness is built.
   */
  List<String> changed() {
    Shell.Result result =
        must(
            git(
                root,
                "status",
                "--porcelain",
                "-z",
                "--no-renames",
                "--untracked-files=all",
                "--ignored=traditional"));
    List<String> paths = new ArrayList<>();
    for (String line : result.output().split("\0", -1)) {
      if (line.length() > 3) {
        paths.add(line.substring(3));
      }
    }
    return paths;
  }

  /** The diff of the tree to its commit, without context. */
  String diff(int contextLines) {
    must(git(root, "add", "--intent-to-add", "--all"));
    return must(git(root, "diff", "--no-color", "--no-ext-diff", "-U" + contextLines)).output();
  }

  private static Shell.Result must(Shell.Result result) {
    if (!result.isGood()) {
      throw new LabException("git: " + result.failure());
    }
    return result;
  }

  private static Shell.Result git(Path folder, String... words) {
    // A warning would get among the paths and diffs that are read from what it says.
    List<String> command = new ArrayList<>(List.of("git", "-c", "core.safecrlf=false"));
    command.addAll(List.of(words));
    Path output = null;
    try {
      output = Files.createTempFile("round-git", ".txt");
      return Shell.run(folder, Map.of("LC_ALL", "C"), command, null, LIMIT, output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (output != null) {
        delete(output);
      }
    }
  }

  static void delete(Path path) {
    if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> below = Files.walk(path)) {
      for (Path each : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new LabException("cannot delete " + path + ": " + e.getMessage(), e);
    }
  }
}
