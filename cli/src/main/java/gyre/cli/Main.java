package gyre.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The {@code gyre} command. A new subcommand is a class in this package and its name in the list
 * below; what it does belongs to the module that it is about.
 */
@Command(
    name = "gyre",
    description = "One loop for everything that waits.",
    subcommands = {Serve.class, LabCommand.class, Test.class},
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setParameterExceptionHandler(Complaints::ofUsage)
        .setExecutionExceptionHandler(Complaints::ofExecution);
  }

  /** The version in the jar's manifest, and what it runs on: both belong into a report. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "gyre " + (version == null ? "(not from a jar)" : version) + ", JDK " + Runtime.version()
      };
    }
  }
}
