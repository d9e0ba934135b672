package gyre.cli;

import gyre.insight.web.WebOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Who may see a dashboard: options that all commands with one have. */
final class DashboardAccess {
  /** Where it is if nothing is said. */
  static final String DEFAULT = "127.0.0.1:7080";

  private static final String TOKEN_VARIABLE = "GYRE_DASHBOARD_TOKEN";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--dashboard-token-file",
      paramLabel = "F",
      description =
          "The token that the dashboard asks for, instead of "
              + TOKEN_VARIABLE
              + " of the environment. Without both, addresses other than this machine's own get one"
              + " by chance, which is printed.")
  private Optional<Path> tokenFile = Optional.empty();

  @Option(
      names = "--dashboard-host",
      paramLabel = "NAME",
      description = "A name that browsers may call it by, beside addresses. Several times.")
  private List<String> hosts = new ArrayList<>();

  WebOptions at(ListenAddress listen) {
    try {
      WebOptions options = WebOptions.at(new InetSocketAddress(listen.host(), listen.port()));
      Optional<String> token = token();
      options = token.isPresent() ? options.token(token.get()) : options;
      for (String each : hosts) {
        options = options.host(each);
      }
      return options;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "dashboard: " + e.getMessage(), e);
    }
  }

  private Optional<String> token() {
    if (tokenFile.isPresent()) {
      try {
        return Optional.of(Files.readString(tokenFile.get()).strip());
      } catch (IOException e) {
        throw new ParameterException(
            spec.commandLine(), "--dashboard-token-file: can't read " + tokenFile.get(), e);
      }
    }
    return Optional.ofNullable(System.getenv(TOKEN_VARIABLE)).filter(each -> !each.isEmpty());
  }
}
