package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.Pipes;
import gyre.sim.fault.Fault;
import org.jspecify.annotations.Nullable;

/** Pipes and pseudo-terminals of a simulated program. */
final class SimPipes implements Pipes {
  private final SimEngine engine;
  private final Universe universe;
  private final Chance sizes;

  SimPipes(SimEngine engine, Universe universe) {
    this.engine = engine;
    this.universe = universe;
    this.sizes = universe.chance("pipes of " + engine.label());
  }

  private PipeBuffer buffer() {
    return new PipeBuffer(PipeBuffer.ATOMIC_BYTES << sizes.below(5));
  }

  @Override
  public int pipe(int[] two) {
    if (universe.chaos().strikes(Fault.CALL_ERROR, engine, "pipe")) {
      return universe
          .chaos()
          .pick(Fault.CALL_ERROR, Errno.EMFILE.negated(), Errno.ENFILE.negated());
    }
    PipeBuffer buffer = buffer();
    return install(two, end("pipe", buffer, null, 0), end("pipe", null, buffer, 0));
  }

  private PipeEnd end(
      String what, @Nullable PipeBuffer input, @Nullable PipeBuffer output, int end) {
    return new PipeEnd(universe, engine.machine(), what, input, output, null, end);
  }

  private int install(int[] two, PipeEnd first, PipeEnd second) {
    two[0] = engine.install(first);
    two[1] = two[0] < 0 ? two[0] : engine.install(second);
    if (two[1] >= 0) {
      return 0;
    }
    if (two[0] >= 0) {
      engine.uninstall(two[0]);
    }
    first.close();
    second.close();
    return Errno.EMFILE.negated();
  }

  @Override
  public int unblock(int descriptor) {
    return engine.find(descriptor) instanceof PipeEnd ? 0 : Errno.EBADF.negated();
  }

  @Override
  public int standard(int number) {
    PipeEnd own = engine.standard(number);
    if (own == null) {
      return Errno.EBADF.negated();
    }
    PipeEnd further = own.duplicate();
    int descriptor = engine.install(further);
    if (descriptor < 0) {
      further.close();
    }
    return descriptor;
  }

  /** The line between is a pipe each way: what a terminal makes of its bytes is not simulated. */
  @Override
  public int pseudoTerminal(int[] two) {
    PipeBuffer typed = buffer();
    PipeBuffer shown = buffer();
    int gone = Errno.EIO.negated();
    int result =
        install(
            two, end("terminal's driver", shown, typed, gone), end("terminal", typed, shown, gone));
    return result < 0 ? result : engine.machine().nextTerminal();
  }
}
