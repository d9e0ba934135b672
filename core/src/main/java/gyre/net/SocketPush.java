package gyre.net;

import gyre.io.ByteQueue;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.stream.PushDriver;

/** The push style of a socket: how its halves stand. */
final class SocketPush extends PushDriver {
  private final SocketStream stream;
  private final StreamInput input;
  private final StreamOutput output;

  SocketPush(SocketStream stream, StreamInput input, StreamOutput output, DataHandler handler) {
    super(stream, handler, output.isFull());
    this.stream = stream;
    this.input = input;
    this.output = output;
  }

  @Override
  protected ByteQueue input() {
    return input.bytes;
  }

  @Override
  protected int inputLimitBytes() {
    return stream.options().inputLimitBytes();
  }

  @Override
  protected boolean isHeldUp() {
    return input.isPaused() || stream.waitsForSink();
  }

  @Override
  protected boolean isInputEnded() {
    return input.isEnded();
  }

  @Override
  protected boolean isInputEndedInOrder() {
    return input.isEndedInOrder();
  }

  @Override
  protected boolean isOutputFull() {
    return output.isFull();
  }

  @Override
  protected boolean isOutputDrained() {
    return output.isDrained();
  }

  @Override
  protected boolean hasOutputFailed() {
    return output.hasFailed();
  }

  @Override
  protected boolean isBroken() {
    return stream.isBroken();
  }

  @Override
  protected IoException failure() {
    return stream.failure();
  }

  @Override
  protected boolean isReleased() {
    return stream.isReleased();
  }

  @Override
  protected long receivedBytes() {
    return input.receivedBytes;
  }

  @Override
  protected void receive() {
    input.start();
  }

  @Override
  protected void keepInput() {
    stream.keepInput();
  }

  @Override
  protected void dataTold() {
    stream.drainingAfterData();
  }

  @Override
  protected void abandon() {
    stream.abandon();
  }

  @Override
  protected void closeTold() {
    stream.operationEnded();
  }
}
