package gyre.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code gyre test} is the launcher's, because it needs sources and not this jar. Here it is only
 * listed and explained.
 */
@Command(
    name = "test",
    description = "Builds Gyre and runs its tests (./gyre in a source tree).",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class Test implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new IllegalStateException("needs the sources: type ./gyre test in a source tree");
  }
}
