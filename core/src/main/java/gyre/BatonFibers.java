package gyre;

/**
 * Fibers as default virtual threads that take turns with the loop's thread, which waits while a
 * fiber runs. Every program keeps working; a turn costs two hand-overs between threads.
 */
final class BatonFibers implements FiberMechanism {
  private final Loop loop;
  private final Baton baton = new Baton();

  BatonFibers(Loop loop) {
    this.loop = loop;
  }

  @Override
  public Thread create(Fiber<?> fiber) {
    return Thread.ofVirtual()
        .name(fiber.threadName())
        .inheritInheritableThreadLocals(false)
        .unstarted(() -> {
          baton.awaitTurn();
          CurrentLoop.enterBatonFiber(loop);
          try {
            fiber.run();
          } finally {
            baton.giveBack();
          }
        });
  }

  @Override
  public void start(Fiber<?> fiber) {
    fiber.thread().start();
    loop.enqueue(fiber);
  }

  @Override
  public void run(Fiber<?> fiber) {
    baton.handTo(fiber.thread());
  }

  @Override
  public void park(Fiber<?> fiber) {
    baton.giveBack();
    baton.awaitTurn();
  }

  @Override
  public void unpark(Fiber<?> fiber) {
    loop.enqueue(fiber);
  }

  @Override
  public void giveWay(Fiber<?> fiber) {
    loop.enqueue(fiber);
    park(fiber);
  }

  @Override
  public boolean onLoop() {
    Thread caller = Thread.currentThread();
    Fiber<?> running = loop.running();
    return running == null ? caller == loop.thread() : caller == running.thread();
  }

  @Override
  public boolean reclaim() {
    return false;
  }
}
