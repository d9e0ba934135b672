package gyre.lab.program;

import gyre.io.ByteQueue;
import gyre.io.Decoder;
import gyre.io.codec.Framing;

/** Gyre's framings, on a queue as a stream has it. */
final class GyreCodecs implements CodecRound.Decoding {
  private final ByteQueue queue = ByteQueue.create();
  private final Decoder<byte[]> decoder;

  GyreCodecs(boolean lines) {
    Framing framing = lines ? Framing.lines(2048) : Framing.lengthPrefix(4, 2048);
    this.decoder = framing.bytes().decoder();
  }

  @Override
  public long decode(byte[] piece, int length) {
    queue.append(piece, 0, length);
    long sum = 0;
    for (byte[] frame = decoder.decode(queue); frame != null; frame = decoder.decode(queue)) {
      sum += CodecRound.lastByte(frame);
    }
    return sum;
  }
}
