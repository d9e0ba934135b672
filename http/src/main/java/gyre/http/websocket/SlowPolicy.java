package gyre.http.websocket;

/** What becomes of a published message where a subscriber takes less than comes. */
public enum SlowPolicy {
  /** It misses the message. */
  DROP,
  /** It gets the latest one of the topic when there is room, and misses those between. */
  LATEST,
  /** It is closed. */
  CLOSE
}
