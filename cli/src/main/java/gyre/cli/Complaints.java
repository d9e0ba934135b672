package gyre.cli;

import gyre.lab.WrongInputException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line that says what would have been right. */
final class Complaints {
  private Complaints() {}

  static int ofUsage(ParameterException problem, String[] arguments) {
    CommandLine command = problem.getCommandLine();
    print(command, explain(problem));
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  static int ofExecution(Exception problem, CommandLine command, @Nullable ParseResult result) {
    Throwable told = unwrapped(problem);
    String message = told.getMessage();
    print(command, message == null ? told.toString() : message);
    return problem instanceof WrongInputException
        ? command.getCommandSpec().exitCodeOnInvalidInput()
        : command.getCommandSpec().exitCodeOnExecutionException();
  }

  /** One that only wraps another says what that says, behind the name of its class. */
  private static Throwable unwrapped(Throwable problem) {
    Throwable cause = problem.getCause();
    return cause != null && cause.toString().equals(problem.getMessage())
        ? unwrapped(cause)
        : problem;
  }

  private static void print(CommandLine command, String line) {
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
    command.getErr().flush();
  }

  private static String explain(ParameterException problem) {
    CommandSpec spec = problem.getCommandLine().getCommandSpec();
    if (problem instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().getFirst();
      if (argument.startsWith("-")) {
        return "unknown option '" + argument + "'; options: " + options(spec);
      }
      return spec.subcommands().isEmpty()
          ? "unexpected '" + argument + "'; options: " + options(spec)
          : "unknown command '" + argument + "'; commands: " + commands(spec);
    }
    if (!spec.subcommands().isEmpty() && spec.userObject() instanceof Main) {
      return "a command is missing; commands: " + commands(spec);
    }
    return String.valueOf(problem.getMessage()).lines().findFirst().orElse("wrong arguments");
  }

  private static String commands(CommandSpec spec) {
    return String.join(", ", spec.subcommands().keySet());
  }

  private static String options(CommandSpec spec) {
    return spec.options().stream()
        .filter(option -> !option.hidden())
        .map(option -> List.of(option.names()).getLast())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
