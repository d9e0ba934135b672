package gyre.engine.readiness;

import gyre.engine.Operation;

/** Carries out the operations of one kind. */
abstract class ChannelRequests<O extends Operation> {
  /** Parks the operation on its channel, and tries it where that may succeed at once. */
  abstract void start(Channel channel, O operation);

  /** Takes a parked operation off its channel. */
  abstract void remove(Channel channel, O operation);
}
