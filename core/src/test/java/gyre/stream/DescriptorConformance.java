package gyre.stream;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.io.ByteStreamConformance;
import gyre.io.PipeOptions;
import gyre.net.StreamOptions;
import gyre.spi.Resource;

/** Streams over two pipes, and over a descriptor that serves both directions as a terminal does. */
abstract class DescriptorConformance extends ByteStreamConformance {
  /** Whether each direction has a descriptor of its own. */
  abstract boolean isPipes();

  private abstract static class Access extends Resource {
    static Engine currentEngine() {
      return engineOf(Scope.current());
    }
  }

  @Override
  protected Ends open(StreamOptions options) {
    PipeOptions piped =
        PipeOptions.defaults()
            .inputLimitBytes(options.inputLimitBytes())
            .outputLimitBytes(options.outputLimitBytes())
            .readTimeout(options.readTimeout())
            .writeTimeout(options.writeTimeout());
    Engine engine = Access.currentEngine();
    if (!isPipes()) {
      int[] two = new int[2];
      assertThat(engine.sockets().pair(two)).isZero();
      return ends(two[0], two[0], two[1], two[1], piped);
    }
    int[] there = pipe(engine);
    int[] back = pipe(engine);
    return ends(back[0], there[1], there[0], back[1], piped);
  }

  private static int[] pipe(Engine engine) {
    int[] two = new int[2];
    assertThat(engine.pipes().pipe(two)).isZero();
    assertThat(engine.pipes().unblock(two[0])).isZero();
    assertThat(engine.pipes().unblock(two[1])).isZero();
    return two;
  }

  private static Ends ends(int in, int out, int farIn, int farOut, PipeOptions options) {
    return new Ends(stream(in, out, options), stream(farIn, farOut, options));
  }

  private static DescriptorStream stream(int in, int out, PipeOptions options) {
    return new DescriptorStream(Scope.current(), "pipe", null, in, out, options);
  }

  @Override
  protected boolean tellsResets() {
    return false;
  }
}
