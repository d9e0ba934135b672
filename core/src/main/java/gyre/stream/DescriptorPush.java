package gyre.stream;

import gyre.io.ByteQueue;
import gyre.io.DataHandler;
import gyre.io.IoException;

/** The push style of a stream over descriptors: how its halves stand. */
final class DescriptorPush extends PushDriver {
  private final DescriptorStream stream;
  private final DescriptorInput input;
  private final DescriptorOutput output;

  DescriptorPush(
      DescriptorStream stream,
      DescriptorInput input,
      DescriptorOutput output,
      DataHandler handler) {
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
  protected long receivedBytes() {
    return input.receivedBytes;
  }

  @Override
  protected int inputLimitBytes() {
    return stream.options().inputLimitBytes();
  }

  @Override
  protected boolean isHeldUp() {
    return input.paused;
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
    return output.hasFailed();
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
  protected void receive() {
    input.start();
  }

  @Override
  protected void keepInput() {
    input.keep();
  }

  @Override
  protected void dataTold() {}

  @Override
  protected void abandon() {
    stream.abandon();
  }

  @Override
  protected void closeTold() {
    stream.operationEnded();
  }
}
