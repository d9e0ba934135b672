package gyre.cli;

import gyre.ExitStatus;
import gyre.LoopOptions;
import gyre.http.HttpOptions;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code gyre serve}: an echo over TCP unless another service is asked for. */
@Command(
    name = "serve",
    description = "Echoes over TCP what it receives, or serves files or WebSockets over HTTP.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class Serve implements Callable<Integer> {
  private static final int LOOPS_MAX = 1024;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7000",
      converter = ListenAddress.Converter.class,
      description = "Where to listen; port 0 lets the system choose. Default: ${DEFAULT-VALUE}")
  private ListenAddress listen = new ListenAddress("127.0.0.1", 7000);

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = EngineName.class,
      description = "auto, io_uring, epoll or nio. Default: ${DEFAULT-VALUE}")
  private String engine = "auto";

  @Option(
      names = "--websocket-echo",
      description = "Echo the messages of WebSockets instead of bytes, on any path.")
  private boolean webSocketEcho;

  @Option(names = "--echo", description = "Echo bytes over TCP, as by default.")
  private boolean echo;

  @Mixin private FilesOption files = new FilesOption();

  @Mixin private TlsOption secured = new TlsOption();

  private int loops = 1;

  @Option(
      names = "--loops",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of loops, each with a thread of its own. Default: ${DEFAULT-VALUE}")
  void loops(int count) {
    if (count < 1 || count > LOOPS_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--loops: " + count + " is not from 1 to " + LOOPS_MAX);
    }
    loops = count;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    LoopOptions each = LoopOptions.defaults().engine(engine);
    boolean servesFiles = files.isGiven();
    if ((echo ? 1 : 0) + (webSocketEcho ? 1 : 0) + (servesFiles ? 1 : 0) > 1) {
      throw new ParameterException(
          spec.commandLine(), "--echo, --websocket-echo and --files are one or the other");
    }
    boolean speaksHttp = webSocketEcho || servesFiles;
    TlsServer tls =
        speaksHttp ? secured.server(listen, "http/1.1", "http/1.0") : secured.server(listen);
    ProxyTrust proxies = secured.proxyTrust();
    if (!speaksHttp) {
      secured.checkNoHttp();
    }
    HttpOptions http = secured.http(tls);
    EchoService service =
        EchoService.start(
            listen,
            each,
            loops,
            servesFiles
                ? files.service(http)
                : webSocketEcho ? WebSocketEcho.service(http) : EchoService.echo(tls, proxies));
    ExitStatus status =
        service.await(() -> {
          out.println(service.describe());
          if (tls != null) {
            out.println(secured.describe(tls));
            secured.keepLoaded(tls, service.group(), out);
          }
          out.flush();
        });
    files.close();
    service.lines(status).forEach(out::println);
    out.flush();
    return status.code();
  }

  /** For picocli. */
  static final class EngineName implements ITypeConverter<String> {
    @Override
    public String convert(String name) {
      List<String> names = LoopOptions.engineNames();
      if (!names.contains(name)) {
        throw new TypeConversionException(
            "'" + name + "' is not an engine; engines: " + String.join(", ", names));
      }
      return name;
    }
  }
}
