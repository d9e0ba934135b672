package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The trees of a round: made, changed and built when they are asked for and not there yet, so that
 * a round goes on where its trees were cleaned away. Nothing of it is kept with the log.
 */
final class Workplace {
  /** That a tree is as it has to be; made last. */
  private static final String MARK = "ready";

  private final Target target;
  private final String base;
  private final Commands commands;
  private final Path folder;

  /** What was handed out since {@link #forget}, and the hash of its artifacts then. */
  private final Map<String, Used> used = new TreeMap<>();

  private record Used(Tree tree, String hash) {}

  Workplace(Target target, String base, Commands commands, Path folder) {
    this.target = target;
    this.commands = commands;
    this.base = base;
    this.folder = folder;
  }

  /** A variant that cannot be used. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  Path logs(String name) {
    try {
      return Files.createDirectories(folder.resolve("logs").resolve(name));
    } catch (IOException e) {
      throw new LabException("cannot write into " + folder + ": " + e.getMessage(), e);
    }
  }

  Path folder() {
    return folder;
  }

  /** The target as it is. */
  Tree base() {
    try {
      return tree("base", Optional.empty());
    } catch (Unusable e) {
      throw new LabException("the base does not build: " + e.getMessage(), e);
    }
  }

  /** The target with a diff, which was looked at before. */
  Tree variant(String name, Path diff) throws Unusable {
    return tree(name, Optional.of(diff));
  }

  /** A new step begins, which has used nothing. */
  void forget() {
    used.clear();
  }

  Map<String, Tree> used() {
    Map<String, Tree> trees = new TreeMap<>();
    used.forEach((name, each) -> trees.put(name, each.tree()));
    return trees;
  }

  /** The hashes of what was handed out. */
  Map<String, String> built() {
    Map<String, String> hashes = new TreeMap<>();
    used.forEach((name, each) -> hashes.put(name, each.hash()));
    return hashes;
  }

  /** Whether what was built is other than when it was handed out. */
  Optional<String> changed(String name) {
    Used then = used.get(name);
    return then == null || artifacts(then.tree()).hash().equals(then.hash())
        ? Optional.empty()
        : Optional.of("what is built as " + name + " was changed while it was judged");
  }

  private Tree tree(String name, Optional<Path> diff) throws Unusable {
    Tree tree = made(name, diff);
    used.putIfAbsent(name, new Used(tree, artifacts(tree).hash()));
    return tree;
  }

  private Tree made(String name, Optional<Path> diff) throws Unusable {
    Tree there =
        new Tree(folder.resolve("trees").resolve(name), folder.resolve("builds").resolve(name));
    Path mark = folder.resolve(name + "." + MARK);
    String of = base + diff.map(file -> " " + hash(file)).orElse("") + "\n";
    if (Files.isDirectory(there.root()) && isMarked(mark, of)) {
      return there;
    }
    Tree tree = Tree.fresh(target.checkout(), base, there.root(), there.build());
    if (diff.isPresent()) {
      Optional<String> refused = tree.apply(diff.get());
      if (refused.isPresent()) {
        throw new Unusable("the diff does not apply: " + refused.get());
      }
      guard(tree); // before anything of it is run
    }
    Shell.Result built =
        commands.run(target.build(), tree, Map.of(), logs(name).resolve("build.txt"));
    if (!built.isGood()) {
      throw new Unusable("it does not build: " + built.failure());
    }
    try {
      Files.writeString(mark, of);
    } catch (IOException e) {
      throw new LabException("cannot write " + mark, e);
    }
    return tree;
  }

  /** Whether a tree is of that base and diff: one of another diff is made anew. */
  private static boolean isMarked(Path mark, String of) {
    try {
      return Files.exists(mark) && Files.readString(mark).equals(of);
    } catch (IOException e) {
      throw new LabException("cannot read " + mark + ": " + e.getMessage(), e);
    }
  }

  private static String hash(Path file) {
    try {
      return Seal.hash(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Only sources that may be changed are, and something is. */
  private void guard(Tree tree) throws Unusable {
    List<String> changed = tree.changed();
    if (changed.isEmpty()) {
      throw new Unusable("the diff changes nothing");
    }
    for (String name : changed) {
      Path path = Path.of(name);
      if (target.harness().matches(path)) {
        throw new Unusable("it changes the harness: " + name);
      }
      if (!target.allow().matches(path)) {
        throw new Unusable(
            "it changes " + name + ", which is outside of what may be changed: " + target.allow());
      }
      if (Files.isSymbolicLink(tree.root().resolve(path))) {
        throw new Unusable("it makes a link: " + name);
      }
    }
  }

  /**
   * The artifacts that a build has left: in the build folder, or in the tree where none is there. A
   * gate may build the tree anew in its own way, which is not what is measured.
   */
  Seal artifacts(Tree tree) {
    Seal built = Seal.of(tree.build(), target.artifacts());
    return built.isEmpty() ? Seal.of(tree.root(), target.artifacts()) : built;
  }

  /** All that measures: files of the tree, programs that were built, and the target's own files. */
  Seal harness(Tree tree) {
    Map<String, String> all = new HashMap<>(Seal.of(tree.root(), target.harness()).hashes());
    target
        .programs()
        .ifPresent(globs ->
            Seal.behindLinks(tree.build(), globs)
                .hashes()
                .forEach((name, hash) -> all.put("$BUILD/" + name, hash)));
    if (!all.isEmpty()) {
      Seal.of(target.rules(), new Globs(List.of("**")))
          .hashes()
          .forEach((name, hash) -> all.put("$TARGETS/" + target.name() + "/" + name, hash));
    }
    return new Seal(all);
  }
}
