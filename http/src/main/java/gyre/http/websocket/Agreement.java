package gyre.http.websocket;

import org.jspecify.annotations.Nullable;

/** What a handshake has led to. */
record Agreement(@Nullable String subprotocol, @Nullable Compression compression) {}
