package gyre.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One method of one pattern, or what all methods of it share. */
record Route(String pattern, List<String> parameterNames, List<Method> methods) {
  /** A handler and the method that it is for. */
  record Method(String name, HttpHandler handler) {}

  /** HEAD is answered as GET is, where nobody says otherwise. */
  HttpHandler find(Request request) {
    @Nullable HttpHandler forHead = null;
    boolean isHead = request.isMethod("HEAD");
    for (int i = 0; i < methods.size(); i++) {
      Method method = methods.get(i);
      if (request.isMethod(method.name())) {
        return method.handler();
      }
      if (isHead && method.name().equals("GET")) {
        forHead = method.handler();
      }
    }
    if (forHead != null) {
      return forHead;
    }
    return request.isMethod("OPTIONS") ? this::allow : this::refuse;
  }

  private String allowed() {
    StringBuilder allowed = new StringBuilder("OPTIONS");
    for (Method method : methods) {
      allowed.append(", ").append(method.name());
      if (method.name().equals("GET") && methods.stream().noneMatch(m -> m.name().equals("HEAD"))) {
        allowed.append(", HEAD");
      }
    }
    return allowed.toString();
  }

  private void allow(Request request, Response response) {
    response.status(204).header("Allow", allowed()).send();
  }

  private void refuse(Request request, Response response) {
    response.status(405).header("Allow", allowed()).send("405 Method Not Allowed\n");
  }
}
