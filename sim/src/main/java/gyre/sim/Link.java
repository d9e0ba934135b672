package gyre.sim;

import gyre.sim.engine.Route;
import java.time.Duration;

/** The network between two hosts, both directions unless said otherwise. */
public final class Link {
  private final World world;
  private final Route there;
  private final Route back;

  Link(World world, Route there, Route back) {
    this.world = world;
    this.there = there;
    this.back = back;
  }

  /** How long a packet takes, evenly distributed. */
  public Link latency(Duration least, Duration most) {
    there.setLatency(least.toNanos(), most.toNanos());
    back.setLatency(least.toNanos(), most.toNanos());
    return this;
  }

  public Link latency(Duration always) {
    return latency(always, always);
  }

  /**
   * Each packet takes longer than {@link #latency} by a time with an exponential distribution: in
   * the mean {@code mean}, and for one packet of a thousand more than seven times as long.
   */
  public Link tail(Duration mean) {
    there.setTail(mean.toNanos());
    back.setTail(mean.toNanos());
    return this;
  }

  /** How often a packet is lost: connections send it again, datagrams are gone. */
  public Link loss(double probability) {
    there.setLoss(probability);
    back.setLoss(probability);
    return this;
  }

  /** 0 is unlimited, as it is unless said otherwise. */
  public Link bandwidth(long bytesPerSecond) {
    there.setBandwidth(bytesPerSecond);
    back.setBandwidth(bytesPerSecond);
    return this;
  }

  /** Nothing passes from now on, and nobody is told. */
  public Link cut() {
    world.script("cut " + this);
    there.setCut(true);
    back.setCut(true);
    return this;
  }

  /** Nothing passes from the first host to the second; the other way is as it was. */
  public Link cutOneWay() {
    world.script("cut " + there);
    there.setCut(true);
    return this;
  }

  public Link heal() {
    world.script("heal " + this);
    there.setCut(false);
    back.setCut(false);
    return this;
  }

  /** Everything takes {@code delay} longer for a time. */
  public Link clog(Duration time, Duration delay) {
    world.script("clog " + this);
    there.clogFor(time.toNanos(), delay.toNanos());
    back.clogFor(time.toNanos(), delay.toNanos());
    return this;
  }

  @Override
  public String toString() {
    return there.from().name() + " <-> " + there.to().name();
  }
}
