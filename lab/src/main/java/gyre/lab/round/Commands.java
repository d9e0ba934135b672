package gyre.lab.round;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Runs what the file of a target says: the one place where a round builds, judges and measures. */
interface Commands {
  /**
   * Runs a line in a tree, with what it finds in its environment: {@code TREE}, {@code BUILD},
   * {@code TARGETS} (the folder of the target's file), and {@code more}.
   *
   * @param output where what it says is kept
   */
  Shell.Result run(Target.Command command, Tree tree, Map<String, String> more, Path output);

  /** By {@code sh}. */
  static Commands real(Path targets) {
    return (command, tree, more, output) -> {
      Map<String, String> environment = new HashMap<>(more);
      environment.put("TREE", tree.root().toString());
      environment.put("TARGETS", targets.toString());
      environment.put("BUILD", tree.build().toString());
      Shell.Result result =
          Shell.run(tree.root(), environment, command.line(), command.limit(), output);
      // What it says may end in the log, where paths of this machine mean nothing.
      String said =
          result
              .output()
              .replace(tree.root().toString(), "$TREE")
              .replace(tree.build().toString(), "$BUILD")
              .replace(targets.toString(), targets.getNameCount() == 0 ? "/" : "$TARGETS");
      return new Shell.Result(result.end(), result.exit(), said, result.limit());
    };
  }
}
