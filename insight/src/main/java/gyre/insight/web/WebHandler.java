package gyre.insight.web;

/**
 * Answers a request of a page by text. It is called on a thread that may block, and several at a
 * time; what it throws is answered as by {@link gyre.http.HttpHandler}, with 500 unless it is a
 * {@link gyre.http.HttpException}.
 */
@FunctionalInterface
public interface WebHandler {
  String answer(WebRequest request) throws Exception;
}
