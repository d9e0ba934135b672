package gyre.net;

import gyre.WaitPoint;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A source that is ready while a condition of its owner holds; the owner wakes those who wait. */
final class Level extends WaitPoint {
  private final BooleanSupplier condition;
  private final Supplier<String> doing;

  /**
   * @param doing what a fiber that waits for it is doing
   */
  Level(BooleanSupplier condition, Supplier<String> doing) {
    this.condition = condition;
    this.doing = doing;
  }

  @Override
  public boolean isReady() {
    return condition.getAsBoolean();
  }

  @Override
  public String doing() {
    return doing.get();
  }
}
