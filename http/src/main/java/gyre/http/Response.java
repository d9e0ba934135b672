package gyre.http;

import gyre.io.ByteQueue;

/**
 * The answer to a request, whatever the version of HTTP: status and fields first, then one of the
 * {@code send} methods, or {@link #stream}.
 *
 * <p>Whatever is put in is checked, so that no text of a user can end a line or begin another
 * answer: {@link IllegalArgumentException} names the field. Length, encoding, {@code Date} and
 * {@code Connection} are the server's own.
 *
 * <p>To a HEAD request, and with a status that has no body, what is sent is only counted.
 *
 * <p>It is lent to the handler until the answer is complete; used on its loop alone.
 */
public interface Response {
  /** 200 unless said otherwise; between 200 and 599. */
  Response status(int code);

  int status();

  /** Adds a field. */
  Response header(String name, String value);

  /** The {@code Content-Type}. Text is {@code text/plain; charset=utf-8} unless said otherwise. */
  Response contentType(String type);

  /** Answers without a body. */
  void send();

  /** Answers with text in UTF-8. */
  void send(String text);

  /** Answers with these bytes, which must stay as they are until the answer is sent. */
  void send(byte[] body);

  /** Answers with these bytes, without copying; the queue is empty afterwards. */
  void send(ByteQueue body);

  /**
   * Begins an answer in pieces, of unknown length. It ends when it is closed, or with the handler;
   * in push style one that was deferred ends when it is closed.
   */
  ResponseBody stream();

  /** Begins an answer in pieces, of so many bytes together. */
  ResponseBody stream(long length);

  /**
   * Answers 101, with the fields that were set, and leaves HTTP: {@code next} has the connection
   * when the handler has returned. What the client has sent behind the head of its request is there
   * too. The time limits of HTTP end with it.
   *
   * @param protocol one that the request has asked for by {@code Upgrade}
   * @throws IllegalStateException if the request asks for no upgrade, or has a body that was not
   *     read: answer something else
   */
  void upgrade(String protocol, Upgrade next);

  /** Whether its head is on its way: status and fields cannot be changed any more. */
  boolean isStarted();

  /** Bytes of the body so far. */
  long bodyBytes();

  /**
   * In push style: the handler returns before the answer is complete, which follows by a later call
   * on the loop. Until then the connection takes no other request. If the peer leaves before, the
   * answer goes nowhere, without an exception.
   */
  Response defer();
}
