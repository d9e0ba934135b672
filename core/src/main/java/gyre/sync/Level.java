package gyre.sync;

import gyre.WaitPoint;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Whether one side of a channel could go on, for those who wait for that or something else. */
final class Level extends WaitPoint {
  private final BooleanSupplier ready;
  private final Supplier<String> doing;

  Level(BooleanSupplier ready, Supplier<String> doing) {
    this.ready = ready;
    this.doing = doing;
  }

  @Override
  public boolean isReady() {
    return ready.getAsBoolean();
  }

  @Override
  public String doing() {
    return doing.get();
  }
}
