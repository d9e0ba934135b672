package gyre.engine.readiness;

import gyre.engine.Poll;

/** Tells of readiness. */
final class Polls extends ChannelRequests<Poll> {
  private final ReadinessEngine engine;

  Polls(ReadinessEngine engine) {
    this.engine = engine;
  }

  @Override
  void start(Channel channel, Poll poll) {
    assert channel.poll == null : "two polls of one descriptor";
    channel.poll = poll;
    int result = engine.rewatch(channel, poll.interest);
    if (result < 0) {
      channel.poll = null;
      engine.complete(poll, result);
    }
  }

  @Override
  void remove(Channel channel, Poll poll) {
    channel.poll = null;
  }
}
