package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  private Tree tree(String name, Optional<Path> diff) throws Unusable {
    Tree there =
        new Tree(folder.resolve("trees").resolve(name), folder.resolve("builds").resolve(name));
    Path mark = folder.resolve(name + "." + MARK);
    if (Files.exists(mark) && Files.isDirectory(there.root())) {
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
      Files.writeString(mark, base);
    } catch (IOException e) {
      throw new LabException("cannot write " + mark, e);
    }
    return tree;
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

  /** The artifacts that a build has left, in the tree or the build folder. */
  Seal artifacts(Tree tree) {
    Map<String, String> all = new HashMap<>(Seal.of(tree.build(), target.artifacts()).hashes());
    all.putAll(Seal.of(tree.root(), target.artifacts()).hashes());
    return new Seal(all);
  }

  Seal harness(Tree tree) {
    return Seal.of(tree.root(), target.harness());
  }
}
