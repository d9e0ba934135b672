package gyre.cli;

import gyre.Fiber;
import gyre.LoopGroup;
import gyre.http.ForwardedTrust;
import gyre.http.HttpOptions;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsReload;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What services say of TLS and of proxies before them; a mixin of picocli. */
final class TlsOption {
  private static final String SELF_SIGNED = "self-signed";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tls",
      paramLabel = "self-signed|CERT,KEY",
      description =
          "Speak TLS, with a certificate made for this run, or with PEM files, which are read again"
              + " when they change and on SIGHUP.")
  private @Nullable String tls;

  private @Nullable ProxyTrust proxies;

  @Option(
      names = "--proxy-protocol",
      paramLabel = "ADDRESSES",
      description =
          "Take clients' addresses from the PROXY headers of these: 10.0.0.0/8, or several with"
              + " commas between. Whoever is named has to send one.")
  void proxies(String blocks) {
    try {
      proxies = ProxyTrust.of(blocks.split(",", -1));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--proxy-protocol: " + e.getMessage(), e);
    }
  }

  private String @Nullable [] trusted;

  @Option(
      names = "--trust",
      paramLabel = "ADDRESSES",
      description =
          "Over HTTP: take client, scheme and host from the fields that these proxies write, as the"
              + " handler and the access log see them: 10.0.0.0/8, or several with commas between.")
  void trust(String blocks) {
    try {
      trusted = blocks.split(",", -1);
      ForwardedTrust ignored = ForwardedTrust.standard(trusted);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--trust: " + e.getMessage(), e);
    }
  }

  @Option(
      names = "--trust-field",
      paramLabel = "forwarded|x-forwarded",
      description =
          "With --trust: which field they write, Forwarded or X-Forwarded-For."
              + " Default: x-forwarded")
  private @Nullable String trustField;

  /** Null if nothing was said. */
  private @Nullable ForwardedTrust forwardedTrust() {
    String[] blocks = trusted;
    String field = trustField == null ? "x-forwarded" : trustField;
    boolean isStandard = field.equals("forwarded");
    if (!isStandard && !field.equals("x-forwarded")) {
      throw new ParameterException(
          spec.commandLine(),
          "--trust-field: '" + field + "' is neither forwarded nor x-forwarded");
    }
    if (blocks == null && trustField != null) {
      throw new ParameterException(spec.commandLine(), "--trust-field needs --trust ADDRESSES");
    }
    if (blocks == null) {
      return null;
    }
    return isStandard ? ForwardedTrust.standard(blocks) : ForwardedTrust.xForwarded(blocks);
  }

  /** Refuses what an echo over TCP has no use for. */
  void checkNoHttp() {
    if (forwardedTrust() != null) {
      throw new ParameterException(
          spec.commandLine(), "--trust needs HTTP: --files DIR or --websocket-echo");
    }
  }

  /** Null if nothing was said. */
  @Nullable ProxyTrust proxyTrust() {
    return proxies;
  }

  /**
   * Null if nothing was said.
   *
   * @param applicationProtocols what is spoken inside
   */
  @Nullable TlsServer server(ListenAddress listen, String... applicationProtocols) {
    String how = tls;
    if (how == null) {
      return null;
    }
    try {
      if (how.equals(SELF_SIGNED)) {
        TlsIdentity made = TlsIdentity.selfSigned(names(listen).toArray(String[]::new));
        return TlsServer.of(TlsServerOptions.of(made).applicationProtocols(applicationProtocols));
      }
      Path[] files = files(how);
      return TlsServer.load(() ->
          TlsServerOptions.of(TlsIdentity.load(files[0], files[1]))
              .applicationProtocols(applicationProtocols));
    } catch (ParameterException e) {
      throw e;
    } catch (Exception e) {
      throw new ParameterException(spec.commandLine(), "--tls: " + e.getMessage(), e);
    }
  }

  /** How a server of HTTP speaks then. */
  HttpOptions http(@Nullable TlsServer tls) {
    HttpOptions options = HttpOptions.defaults();
    ForwardedTrust forwarded = forwardedTrust();
    if (forwarded != null) {
      options = options.forwarded(forwarded);
    }
    if (tls != null) {
      options = options.tls(tls);
    }
    ProxyTrust named = proxies;
    return named == null ? options : options.proxyProtocol(named);
  }

  private static Set<String> names(ListenAddress listen) {
    Set<String> names = new LinkedHashSet<>();
    names.add("localhost");
    names.add("127.0.0.1");
    names.add("::1");
    names.add(listen.host());
    return names;
  }

  private Path[] files(String how) {
    int comma = how.indexOf(',');
    if (comma <= 0 || comma == how.length() - 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--tls: '" + how + "' is neither self-signed nor CERT,KEY, two PEM files");
    }
    Path[] files = {Path.of(how.substring(0, comma)), Path.of(how.substring(comma + 1))};
    for (Path file : files) {
      if (!Files.isReadable(file)) {
        throw new ParameterException(
            spec.commandLine(), "--tls: " + file + " is not there, or cannot be read");
      }
    }
    return files;
  }

  /** What to tell of it in a line; empty if there is nothing. */
  String describe(@Nullable TlsServer server) {
    if (server == null) {
      return "";
    }
    TlsIdentity own = server.identity();
    return "TLS for "
        + String.join(", ", own.names())
        + ", certificate SHA-256 "
        + fingerprint(own);
  }

  private static String fingerprint(TlsIdentity own) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(own.certificate().getEncoded());
      return HexFormat.ofDelimiter(":").withUpperCase().formatHex(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no SHA-256: " + e, e);
    }
  }

  /** Reads the files again when they change and on SIGHUP, as long as the group runs. */
  void keepLoaded(@Nullable TlsServer server, LoopGroup group, PrintWriter out) {
    String how = tls;
    if (server == null || how == null || how.equals(SELF_SIGNED)) {
      return;
    }
    Path[] files = files(how);
    group
        .loop(0)
        .post(() -> {
          Fiber<?> ignored =
              Fiber.start(
                  "tls-reload",
                  () -> TlsReload.run(server, failure -> tell(server, failure, out), files));
        });
  }

  private void tell(TlsServer server, @Nullable Exception failure, PrintWriter out) {
    out.println(
        failure == null
            ? "reloaded: " + describe(server)
            : "the certificates stay as they were: " + failure.getMessage());
    out.flush();
  }
}
