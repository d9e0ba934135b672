package gyre.sim;

import gyre.Task;
import gyre.io.ByteStreamConformance;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of a simulated network, in steady weather and where everything is late or in pieces. */
@ParameterizedClass
@ValueSource(strings = {"steady", "late"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SimByteStreamTest extends ByteStreamConformance {
  private static final int SEEDS = 3;

  @Override
  protected void run(String weather, Task body) {
    Faults faults = weather.equals("late") ? Faults.timing() : Faults.none();
    for (int seed = 1; seed <= SEEDS; seed++) {
      Simulation.seed(seed)
          .faults(faults)
          .limit(Duration.ofMinutes(10))
          .world(world -> world.host("here").run(body))
          .check();
    }
  }

  @Override
  protected Ends open(StreamOptions options) {
    ListenOptions how = ListenOptions.defaults().stream(options);
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, how)) {
      TcpStream near = TcpStream.connect(listener.address(), options);
      return new Ends(near, listener.accept());
    }
  }

  @Override
  protected boolean tellsResets() {
    return true;
  }
}
