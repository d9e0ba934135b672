package gyre.lab.program;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;

/** Netty's frame decoders, in a pipeline, which they can't do without. */
final class NettyCodecs implements CodecRound.Decoding {
  private final EmbeddedChannel channel;
  private long sum;

  NettyCodecs(boolean lines) {
    ByteToMessageDecoder decoder =
        lines
            ? new LineBasedFrameDecoder(2048)
            : new LengthFieldBasedFrameDecoder(2048, 0, 4, 0, 4);
    channel =
        new EmbeddedChannel(
            decoder,
            new SimpleChannelInboundHandler<ByteBuf>() {
              @Override
              protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
                sum += CodecRound.lastByte(ByteBufUtil.getBytes(frame));
              }
            });
  }

  @Override
  public long decode(byte[] piece, int length) {
    sum = 0;
    ByteBuf received = PooledByteBufAllocator.DEFAULT.directBuffer(length);
    received.writeBytes(piece, 0, length);
    channel.pipeline().fireChannelRead(received);
    return sum;
  }
}
