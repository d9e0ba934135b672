package gyre.lab.program;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/**
 * Answers with a line of text, as Netty's own example for plain text does: a shared body, names and
 * values that are bytes already, a date that is made once a second, a flush when all was read.
 */
final class NettyHttp extends SimpleChannelInboundHandler<HttpObject> {
  private static final ByteBuf BODY =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer().writeBytes("Hello, World!\n".getBytes(StandardCharsets.UTF_8)));
  private static final AsciiString TYPE = AsciiString.cached("text/plain; charset=utf-8");
  private static final AsciiString LENGTH = AsciiString.cached("14");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

  /** Of the one thread that serves. */
  private static long dateSecond;

  private static AsciiString date = AsciiString.EMPTY_STRING;

  private static AsciiString date() {
    long second = System.currentTimeMillis() / 1000;
    if (second != dateSecond) {
      dateSecond = second;
      date = new AsciiString(DATE.format(ZonedDateTime.now(ZoneOffset.UTC)));
    }
    return date;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (!(message instanceof HttpRequest request)) {
      return;
    }
    boolean isFound = request.uri().equals("/hello");
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            isFound ? HttpResponseStatus.OK : HttpResponseStatus.NOT_FOUND,
            isFound ? BODY.duplicate() : Unpooled.EMPTY_BUFFER);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, TYPE)
        .set(HttpHeaderNames.DATE, date())
        .set(HttpHeaderNames.CONTENT_LENGTH, isFound ? LENGTH : HttpHeaderValues.ZERO);
    ChannelFuture written = context.write(response);
    if (!HttpUtil.isKeepAlive(request)) {
      ChannelFuture _ = written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.flush();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ChannelFuture _ = context.close();
  }
}
