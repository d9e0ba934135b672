package gyre.queue;

import java.util.concurrent.CompletableFuture;

/** Hands entries of the thread that takes them to the loop, whose fibers execute them. */
final class HandlerStarter implements EntryStarter {
  private final HandlerFibers handlers;
  private final Inbox inbox;
  private final CompletableFuture<Void> isStopping = new CompletableFuture<>();
  private final CompletableFuture<Void> hasStopped = new CompletableFuture<>();

  HandlerStarter(HandlerFibers handlers, Inbox inbox) {
    this.handlers = handlers;
    this.inbox = inbox;
  }

  @Override
  public void start(Claim claim, Kind kind, int attempt) {
    handlers.start(
        claim.entry(),
        kind,
        attempt,
        outcome -> inbox.finished(new Inbox.Finished(claim, kind, outcome)));
  }

  @Override
  public Hanging hanging(String operation) {
    return handlers.hanging(operation);
  }

  @Override
  public CompletableFuture<Void> stop() {
    isStopping.complete(null);
    return hasStopped;
  }

  /** Ends when the thread that takes entries wants no more of them executed. */
  CompletableFuture<Void> isStopping() {
    return isStopping;
  }

  /** No fiber executes any more. */
  void hasStopped() {
    hasStopped.complete(null);
  }
}
