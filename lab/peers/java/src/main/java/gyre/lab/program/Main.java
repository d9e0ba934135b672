package gyre.lab.program;

import java.util.Arrays;
import java.util.List;

/** {@code PEER MODE [options]}: the one way into all of these programs. */
public final class Main {
  private static final int WRONG_ARGUMENTS = 2;
  private static final int NOT_OFFERED = 3;
  private static final int FAILED = 1;

  private Main() {}

  public static void main(String[] arguments) {
    try {
      if (arguments.length < 2) {
        throw new IllegalArgumentException("PEER MODE [--name value]…");
      }
      Options options = Options.parse(Arrays.asList(arguments).subList(2, arguments.length));
      program(arguments[0]).run(arguments[1], options);
      end(0);
    } catch (IllegalArgumentException e) {
      end(WRONG_ARGUMENTS, e);
    } catch (UnsupportedOperationException | LinkageError e) {
      end(NOT_OFFERED, e);
    } catch (Exception e) {
      e.printStackTrace();
      end(FAILED, e);
    }
  }

  private static Program program(String name) {
    return switch (name) {
      case "gyre-push" -> GyreProgram.push();
      case "gyre-direct" -> GyreProgram.direct();
      case "nio" -> new NioProgram();
      case "vthreads" -> new VirtualThreadProgram();
      case "kotlin" -> new KotlinProgram();
      case "netty-nio" -> new NettyProgram(NettyTransport.NIO);
      case "netty-epoll" -> new NettyProgram(NettyTransport.EPOLL);
      case "netty-uring" -> new NettyProgram(NettyTransport.IO_URING);
      default ->
          throw new IllegalArgumentException(
              "no peer '"
                  + name
                  + "' here; there are "
                  + List.of(
                      "gyre-push",
                      "gyre-direct",
                      "nio",
                      "vthreads",
                      "kotlin",
                      "netty-nio",
                      "netty-epoll",
                      "netty-uring"));
    };
  }

  private static void end(int code, Throwable why) {
    System.err.println(why.getMessage() == null ? why.toString() : why.getMessage());
    end(code);
  }

  private static void end(int code) {
    System.out.flush();
    Runtime.getRuntime().halt(code);
  }
}
