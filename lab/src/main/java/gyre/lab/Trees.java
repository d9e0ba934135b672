package gyre.lab;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Work trees of revisions, each in a folder of its own, taken away when they are closed. */
final class Trees implements AutoCloseable {
  static final String HERE = "worktree";

  private final Home home;
  private final Path folder;
  private final PrintStream out;

  Trees(Home home, String name, PrintStream out) {
    this.home = home;
    this.folder = home.root().resolve("lab/target/experiments").resolve(name);
    this.out = out;
  }

  /** Fails where there is no such revision, before anything is built for it. */
  void check(String revision) {
    if (!revision.equals(HERE)) {
      commit(revision);
    }
  }

  /** Fails where there is nothing to judge: the log is for good. */
  void checkDiffer(String base, String candidate) {
    boolean isSame =
        candidate.equals(HERE)
            ? !base.equals(HERE)
                && commit(base).equals(commit("HEAD"))
                && Command.answer(home.root(), List.of("git", "status", "--porcelain"))
                    .filter(String::isEmpty)
                    .isPresent()
            : !base.equals(HERE) && commit(base).equals(commit(candidate));
    if (isSame || base.equals(candidate)) {
      throw new WrongInputException(
          "base and candidate are the same: commit or make the change that is to be judged");
    }
  }

  private String commit(String revision) {
    return Command.answer(
            home.root(), List.of("git", "rev-parse", "--verify", revision + "^{commit}"))
        .orElseThrow(() ->
            new WrongInputException(
                "no revision '" + revision + "': a commit, a branch, a tag, or " + HERE));
  }

  /** A tree with {@code revision} checked out; the one we are in where it is called that. */
  Home of(String role, String revision) {
    if (revision.equals(HERE)) {
      return home;
    }
    String commit = commit(revision);
    Path tree = folder.resolve(role);
    remove(tree);
    int exit =
        Command.in(
            home.root(),
            out,
            List.of("git", "worktree", "add", "--force", "--detach", tree.toString(), commit));
    if (exit != 0) {
      throw new LabException("git worktree add failed for " + revision);
    }
    if (!Files.exists(tree.resolve("lab/peers/java/pom.xml"))) {
      throw new LabException(revision + " is from before the lab: it has no peers to race");
    }
    return new Home(tree);
  }

  private void remove(Path tree) {
    if (Files.exists(tree)) {
      Command.in(
          home.root(), out, List.of("git", "worktree", "remove", "--force", tree.toString()));
    }
  }

  @Override
  public void close() {
    remove(folder.resolve("base"));
    remove(folder.resolve("candidate"));
  }
}
